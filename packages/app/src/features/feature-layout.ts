/**
 * A backbone's output as a map [h, w, D].
 *
 * Convolutional networks give [1, D, h, w] or [1, h, w, D]; vision transformers give tokens [1, T, D], row by row, after
 * a few that belong to no place (a class token, registers).
 */
import type { RasterImage } from '@autoregseg/data';
import { UserError } from '../errors.js';
import type { Layout } from './feature-spec.js';

export interface FeatureArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * @param array - [1, D, h, w], [1, h, w, D] or [1, T, D]; the leading 1 may be missing
 * @param layout - 'auto': three axes are tokens (with the leading 1) or a map; of four, the channels are where the other two
 *   have the image's proportions
 * @param image - height and width that the backbone saw
 * @throws UserError when the array cannot be a map of that image
 */
export function featureMap(array: FeatureArray, layout: Layout, image: readonly [number, number]): RasterImage {
  const shape = array.shape[0] === 1 && array.shape.length > 2 ? array.shape.slice(1) : [...array.shape];
  const chosen = layout === 'auto' ? guessLayout(shape, image) : layout;
  if (chosen === 'tokens') return fromTokens({ ...array, shape }, image);
  if (shape.length !== 3) {
    throw new UserError(`features: a map of three axes is needed (layout ${chosen}), got [${array.shape}]`);
  }
  if (chosen === 'nhwc') return { shape: shape as [number, number, number], data: array.data };
  return channelsLast({ ...array, shape });
}

function guessLayout(shape: readonly number[], [height, width]: readonly [number, number]): Exclude<Layout, 'auto'> {
  if (shape.length === 2) return 'tokens';
  const misfit = (rows: number, columns: number) => Math.abs(Math.log((rows * width) / (columns * height)));
  // Where both would do, PyTorch's order is the likelier.
  return misfit(shape[0], shape[1]) < misfit(shape[1], shape[2]) ? 'nhwc' : 'nchw';
}

function channelsLast({ shape, data }: FeatureArray): RasterImage {
  const [channels, height, width] = shape;
  const positions = height * width;
  const moved = new Float32Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < positions; p++) moved[p * channels + c] = data[c * positions + p];
  return { shape: [height, width, channels], data: moved };
}

/** Extra tokens at most: a class token and registers. */
const MAX_EXTRA = 16;

/** The last h w tokens, where h x w are whole patches of the image. */
function fromTokens({ shape, data }: FeatureArray, [height, width]: readonly [number, number]): RasterImage {
  const [tokens, channels] = shape;
  for (let extra = 0; shape.length === 2 && extra <= MAX_EXTRA; extra++) {
    const patch = Math.sqrt((height * width) / (tokens - extra));
    if (!Number.isInteger(patch) || height % patch !== 0 || width % patch !== 0) continue;
    return { shape: [height / patch, width / patch, channels], data: data.subarray(extra * channels) };
  }
  throw new UserError(
    `features: tokens [T, D] of a grid of square patches over ${height} x ${width} pixels are needed, got [${shape}]. ` +
      'Give --backbone-size a multiple of the patch, or name the --backbone-layout.',
  );
}
