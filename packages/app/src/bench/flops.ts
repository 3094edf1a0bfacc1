/** Floating-point operations of a network's convolutions and attention: two for each multiply-add. */

export interface NetworkShape {
  readonly channels: number;
  readonly stemChannels: number;
  readonly outputStride: 2 | 4;
  readonly blocks: number;
  /** Taps along each axis of the masked kernels. @defaultValue 3 */
  readonly kernelSize?: number;
}

/** 1x1 convolutions of a residual block: one after the masked one, then two in each of two sub-blocks. */
const POINTWISE_PER_BLOCK = 5;
const STEM_TAPS = 9;

/** FLOP of the stem for one image. */
export function stemFlop(
  { channels, stemChannels, outputStride }: NetworkShape,
  height: number,
  width: number,
): number {
  // The stem's pool has stride 2, its convolution the rest.
  const positions = (height * width) / (outputStride / 2) ** 2;
  return 2 * STEM_TAPS * channels * stemChannels * positions;
}

/** FLOP of the residual blocks for one image under one ordering; masked taps count, since they are computed. */
export function blocksFlop(
  { stemChannels, outputStride, blocks, kernelSize = 3 }: NetworkShape,
  height: number,
  width: number,
): number {
  const positions = (height * width) / outputStride ** 2;
  let flop = 0;
  for (let block = 0, from = stemChannels; block < blocks; block++, from *= 2) {
    const to = 2 * from;
    flop += 2 * positions * (kernelSize ** 2 * from * to + POINTWISE_PER_BLOCK * to * to);
  }
  return flop;
}

/** FLOP of a training step: forward, and twice that backward, for two orderings over one shared stem. */
export function stepFlop(shape: NetworkShape, batch: number, height: number, width: number): number {
  return 3 * batch * (stemFlop(shape, height, width) + 2 * blocksFlop(shape, height, width));
}

/**
 * FLOP of attention over a map and of its gradients: two products of all pairs of positions forward, and backward the weights
 * once more, their slope, and one product for each of queries, keys and values. What the mask hides is computed too.
 */
export function attentionFlop(positions: number, channels: number): number {
  return (2 + 5) * 2 * positions ** 2 * channels;
}
