/**
 * Flips, described so that they can be undone on what a network makes of the image.
 *
 * A flip is its own inverse: flip the image, run the network, then reverse the output along `flipAxes(flip)`.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** horizontal: left and right change places; vertical: top and bottom do. */
export interface Flip {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

export interface FlipProbabilities {
  /** @defaultValue 0.5 */
  readonly horizontal?: number;
  /** @defaultValue 0 */
  readonly vertical?: number;
}

/** Draws a flip; always takes two numbers from the stream. */
export function randomFlip(random: RandomGenerator, probabilities: FlipProbabilities = {}): Flip {
  const { horizontal = 0.5, vertical = 0 } = probabilities;
  return { horizontal: uniformFloat64(random) < horizontal, vertical: uniformFloat64(random) < vertical };
}

/** The axes of an [N, H, W, C] tensor that the flip reverses, as tf.reverse takes them; [] when it does nothing. */
export function flipAxes({ horizontal, vertical }: Flip): number[] {
  return [...(vertical ? [1] : []), ...(horizontal ? [2] : [])];
}

/**
 * Flips every image of a batch in the same way.
 *
 * @param images - [N, H, W, C] of any typed array: images, masks (C = 1) or labels (C = 1)
 * @returns a new array of the same shape and type
 * @throws RangeError when shape and length differ
 */
export function flipImages<Pixels extends Float32Array | Uint8Array | Int32Array>(
  images: Pixels,
  shape: readonly [number, number, number, number],
  { horizontal, vertical }: Flip,
): Pixels {
  const [count, height, width, channels] = shape;
  if (images.length !== count * height * width * channels) {
    throw new RangeError(`flipImages: [${shape}] needs ${shape.reduce((a, b) => a * b)} values, got ${images.length}`);
  }
  const flipped = images.slice() as Pixels;
  for (let row = 0; row < count * height; row++) {
    const inImage = row % height;
    const source = vertical ? row - inImage + (height - 1 - inImage) : row;
    for (let col = 0; col < width; col++) {
      const from = (source * width + (horizontal ? width - 1 - col : col)) * channels;
      const to = (row * width + col) * channels;
      for (let channel = 0; channel < channels; channel++) flipped[to + channel] = images[from + channel];
    }
  }
  return flipped;
}
