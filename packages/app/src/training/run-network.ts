/** The network of a run: fresh, or with the weights of a file that somebody else may have written. */
import { createNetwork, type Network, type SavedNetwork } from '@autoregseg/orderings';
import { blocksFlop } from '../bench/flops.js';
import { UserError } from '../errors.js';
import type { TrainConfig } from './config.js';
import { createObjective } from './create-objective.js';

/** The network that a configuration asks for, freshly initialised from its seed. */
export function networkOf(config: TrainConfig, channels: number): Network {
  const { heads } = createObjective(config);
  return createNetwork({ ...config.network, channels, heads, seed: config.seed });
}

/**
 * The same with these weights.
 *
 * @param saved - weights as `network.save()` names them, and the network that they are said to be of
 * @throws UserError when they are not those of that network; one far larger than they are is not even built
 */
export function restoreNetwork(
  config: TrainConfig,
  channels: number,
  saved: Pick<SavedNetwork, 'weights'> & Partial<SavedNetwork>,
): Network {
  const found = Object.values(saved.weights).reduce((total, { data }) => total + data.length, 0);
  const least = leastWeights(config, channels);
  if (least > found) {
    throw new UserError(`the configuration is of a network of at least ${least} weights, got ${found}.`);
  }
  const network = networkOf(config, channels);
  try {
    network.load({ config: network.config, ...saved });
    return network;
  } catch (error) {
    network.dispose();
    throw new UserError(`the weights are not of this configuration: ${(error as Error).message}.`);
  }
}

/** Kernels of the stem and the blocks alone: half the floating-point operations of one position. */
function leastWeights({ network }: TrainConfig, channels: number): number {
  const { stemChannels, blocks, kernelSize } = network;
  return (
    channels * stemChannels + blocksFlop({ channels, stemChannels, outputStride: 2, blocks, kernelSize }, 2, 2) / 2
  );
}
