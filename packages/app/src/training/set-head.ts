/** The weights of one head of a network, set from elsewhere than its loss. */
import type { Network, SavedNetwork } from '@autoregseg/orderings';

export interface HeadWeights {
  /** [F * K], of features as they are. */
  readonly kernel: Float32Array;
  /** [K] */
  readonly bias: Float32Array;
}

export async function setHead(network: Network, head: string, own: HeadWeights): Promise<void> {
  await network.fetch();
  const { config, weights } = network.save();
  network.load({ config, weights: { ...weights, ...namedWeights(head, own) } });
}

/** As a saved network names them. */
export function namedWeights(head: string, { kernel, bias }: HeadWeights): SavedNetwork['weights'] {
  const clusters = bias.length;
  return {
    [`decoder/${head}_kernel`]: { shape: [1, 1, kernel.length / clusters, clusters], data: kernel },
    [`decoder/${head}_bias`]: { shape: [clusters], data: bias },
  };
}
