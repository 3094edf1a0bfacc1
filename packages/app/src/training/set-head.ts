/** The weights of one head of a network, set from elsewhere than its loss. */
import type { Network } from '@autoregseg/orderings';

export interface HeadWeights {
  /** [F * K], of features as they are. */
  readonly kernel: Float32Array;
  /** [K] */
  readonly bias: Float32Array;
}

export async function setHead(network: Network, head: string, { kernel, bias }: HeadWeights): Promise<void> {
  await network.fetch();
  const { config, weights } = network.save();
  const clusters = bias.length;
  const own = {
    [`decoder/${head}_kernel`]: { shape: [1, 1, kernel.length / clusters, clusters], data: kernel },
    [`decoder/${head}_bias`]: { shape: [clusters], data: bias },
  };
  network.load({ config, weights: { ...weights, ...own } });
}
