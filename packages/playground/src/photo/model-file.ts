/** A network with all it takes to use it, in one safetensors file: weights, configuration, input statistics, heads. */
import { decodeSafetensors, encodeSafetensors, type SegmenterModel, type TrainConfig } from 'autoregseg/browser';
import { createNetwork, type Network, type NetworkConfig } from '@autoregseg/orderings';

export interface BundledModel {
  readonly network: Network;
  readonly statistics: SegmenterModel['statistics'];
  /** Clusters of each head. */
  readonly heads: Readonly<Record<string, number>>;
}

/** @throws Error when the file cannot be fetched or is no model */
export async function fetchModel(address: string): Promise<BundledModel> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the model ${address} cannot be fetched: ${response.status}`);
  const { tensors, metadata } = decodeSafetensors(new Uint8Array(await response.arrayBuffer()));
  const config = JSON.parse(metadata.network) as NetworkConfig;
  const network = createNetwork(config);
  network.load({ config: network.config, weights: tensors });
  const statistics = JSON.parse(metadata.statistics) as SegmenterModel['statistics'];
  return { network, statistics, heads: config.heads };
}

/** The bytes of a model that was learned here; `head` is the one to use. */
export async function modelFile(
  { network, statistics, head }: SegmenterModel,
  training: TrainConfig,
): Promise<Uint8Array> {
  await network.fetch();
  const { config, weights } = network.save();
  const metadata = {
    network: JSON.stringify(config),
    statistics: JSON.stringify(statistics),
    head,
    training: JSON.stringify(training),
  };
  return encodeSafetensors({ tensors: weights, metadata });
}
