/**
 * Mosaics of real textures with exact labels: the classical test of unsupervised segmentation, without a download.
 *
 * Each mosaic has two or three regions of random shape, each filled with a random piece of another texture. A region gets
 * a random tint (a tone curve for each channel), then the same mean and variance as every other, channel by channel and
 * exactly: what tells regions apart is texture, not colour.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { IGNORE_ID, type Dataset, type Sample } from './dataset.js';
import { permutation, randomStream } from './random-stream.js';
import { randomRegions } from './regions.js';
import { loadTextures, type Split, type Texture } from './textures.js';

export interface MosaicSpec {
  readonly dataset: 'mosaic';
  /** How many mosaics. @defaultValue 60 */
  readonly count?: number;
  /** Height and width, each at least 32. @defaultValue [192, 192] */
  readonly size?: readonly [height: number, width: number];
  /** @defaultValue 0 */
  readonly seed?: number;
  /** 'train' and 'test' share no pixel: they come from different halves of each photograph. @defaultValue 'train' */
  readonly split?: Split;
  /** 1 = the photographs as they are (bricks about 30 pixels wide, pebbles 15); 2 = at half size. @defaultValue 1 */
  readonly textureScale?: 1 | 2;
  /**
   * 3 = brick, grass, gravel; 6 = besides, grass and gravel at half that size and brick turned by 45 degrees: textures that
   * colour, contrast or one scale do not tell apart. @defaultValue 3
   */
  readonly textures?: 3 | 6;
}

/** Of every region, in every channel. */
export const REGION_MEAN = 0.5;
export const REGION_DEVIATION = 0.1;

const CHANNELS = 3;

/** Values further from a region's mean are pulled in, so that none leaves 0..1 (a second pass equalises again). */
const LARGEST_DEVIATIONS = 3;

/**
 * The mosaic dataset; sample i depends on seed, split and i alone.
 *
 * @example
 * const { image, label } = await openMosaic({ dataset: 'mosaic', seed: 1 }).get(0); // image.shape [128, 128, 3]
 */
export function openMosaic(spec: MosaicSpec): Dataset {
  const { count = 60, size = [192, 192], seed = 0, split = 'train', textureScale = 1 } = spec;
  const textures = loadTextures(split, textureScale, spec.textures);
  const ids = Array.from({ length: count }, (_, index) => `${split}-${String(index).padStart(4, '0')}`);
  const get = async (index: number): Promise<Sample> => {
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw new RangeError(`mosaic.get: index must be an integer from 0 to ${count - 1}, got ${index}`);
    }
    const random = randomStream(seed, split === 'train' ? 0 : 1, index);
    return { id: ids[index], ...paintMosaic(textures, size, random) };
  };
  return {
    name: 'mosaic',
    size: count,
    ids,
    classes: textures.map(({ name }) => name),
    ignoreId: IGNORE_ID,
    channels: CHANNELS,
    shapes: ids.map(() => size),
    get,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < count; index++) yield await get(index);
    },
  };
}

/** One mosaic: regions of different textures, two of them or three, all textures equally likely. */
function paintMosaic(
  textures: readonly Texture[],
  [height, width]: readonly [number, number],
  random: RandomGenerator,
): Pick<Sample, 'image' | 'label'> {
  const count = uniformInt(random, 2, Math.min(3, textures.length));
  const regions = randomRegions(height, width, count, random);
  const chosen = permutation(textures.length, random).slice(0, count);
  const data = new Float32Array(height * width * CHANNELS);
  chosen.forEach((texture, region) => {
    const pixels = Int32Array.from(regions.keys()).filter((pixel) => regions[pixel] === region);
    const grey = pieceOf(textures[texture], pixels, width, random);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const gamma = Math.exp(2 * uniformFloat64(random) - 1);
      const toned = equalise(grey.map((value) => value ** gamma));
      pixels.forEach((pixel, at) => (data[pixel * CHANNELS + channel] = toned[at]));
    }
  });
  const label = Int32Array.from(regions, (region) => chosen[region]);
  return { image: { shape: [height, width, CHANNELS], data }, label };
}

/** The texture under these pixels, from a random place and flipped at random; mirrored only where it is too small. */
function pieceOf(texture: Texture, pixels: Int32Array, width: number, random: RandomGenerator): Float64Array {
  const rows = pixels.map((pixel) => Math.floor(pixel / width));
  const cols = pixels.map((pixel) => pixel % width);
  const rowIn = randomPlace(rows, texture.height, random);
  const colIn = randomPlace(cols, texture.width, random);
  return Float64Array.from(pixels, (_, at) => texture.data[rowIn(rows[at]) * texture.width + colIn(cols[at])]);
}

/** Maps the coordinates of a region, on one axis, into a texture of this length. */
function randomPlace(coordinates: Int32Array, length: number, random: RandomGenerator): (coordinate: number) => number {
  const [first, last] = coordinates.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
  const offset = uniformInt(random, 0, Math.max(0, length - 1 - (last - first)));
  const flipped = uniformInt(random, 0, 1) === 1;
  return (coordinate) => mirrored(offset + (flipped ? last - coordinate : coordinate - first), length);
}

/** 0 1 ... n-1 | n-1 ... 1 0 | 0 1 ... */
function mirrored(index: number, length: number): number {
  const folded = index % (2 * length);
  return folded < length ? folded : 2 * length - 1 - folded;
}

function equalise(values: Float64Array): Float64Array {
  const pulledIn = standardised(values).map((value) =>
    Math.max(-LARGEST_DEVIATIONS, Math.min(LARGEST_DEVIATIONS, value)),
  );
  return standardised(pulledIn).map((value) => REGION_MEAN + REGION_DEVIATION * value);
}

/** Mean 0, variance 1; a constant region, which has no variance to give, becomes 0. */
function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
  return values.map((value) => (value - mean) * scale);
}
