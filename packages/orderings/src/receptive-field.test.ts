import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, RASTER_ORDERINGS, receptiveField, type Network, type Reach, type View } from './index.js';

beforeAll(useTestEngine);

const SIDE = 40;
const SIDES = ['top', 'bottom', 'left', 'right'] as const;

interface Shape {
  readonly outputStride: 1 | 2 | 4;
  readonly form: 'shifted' | 'centered';
  readonly blocks: number;
  readonly kernelSize: number;
  readonly edges: boolean;
  readonly dilations?: readonly number[];
  readonly contextSize?: number;
}

const networkOf = (shape: Shape): Network =>
  createNetwork({ channels: 1, stemChannels: 4, ...shape, heads: {}, seed: 3 });

/** Features at the position in the middle, over all views. */
function middle(network: Network, image: Float32Array, views: readonly View[]): number[] {
  const { outputStride } = network.config;
  const place = SIDE / 2 / outputStride;
  return tf.tidy(() => {
    const maps = network.stem(tf.tensor4d(image, [1, SIDE, SIDE, 1]));
    return views.flatMap((view) => [
      ...tf.slice(network.encode(maps, view), [0, place, place, 0], [1, 1, 1, -1]).dataSync(),
    ]);
  });
}

/** Seeded noise, another for each `salt`. */
function noise(salt: number): Float32Array {
  const random = xoroshiro128plus(salt);
  return Float32Array.from({ length: SIDE * SIDE }, () => 4 * uniformFloat64(random) - 2);
}

/** The first image where `inside`, the second elsewhere. */
const mixed = (inside: (row: number, column: number) => boolean, first: Float32Array, second: Float32Array) =>
  first.map((value, pixel) => (inside(Math.floor(pixel / SIDE), pixel % SIDE) ? value : second[pixel]));

const within = ({ top, bottom, left, right }: Reach) => {
  const centre = SIDE / 2;
  return (row: number, column: number) =>
    row >= centre - top && row <= centre + bottom && column >= centre - left && column <= centre + right;
};

describe('value', () => {
  const views: [string, readonly View[]][] = [
    ['unmasked', ['unmasked']],
    ...[RASTER_ORDERINGS[0], RASTER_ORDERINGS[7]].map((one): [string, readonly View[]] => [one.name, [one]]),
    ['all eight', RASTER_ORDERINGS],
  ];
  describe.each([
    [1, 'shifted', 2, 3, false],
    [2, 'shifted', 1, 3, false],
    [4, 'shifted', 2, 3, false],
    [4, 'centered', 1, 3, false],
    [2, 'shifted', 1, 5, false],
    [2, 'centered', 1, 7, false],
    [2, 'shifted', 1, 3, true],
    [4, 'centered', 1, 3, true],
    [4, 'shifted', 1, 3, false, [2]],
    [2, 'centered', 2, 3, false, [1, 4]],
    [4, 'shifted', 1, 3, false, [], 3],
    [2, 'centered', 1, 3, false, [], 7],
  ] as const)(
    'at output stride %i, %s, %i blocks, kernels of %i, edges %s, dilations %j, context of %i',
    (...shape) => {
      const [outputStride, form, blocks, kernelSize, edges, dilations = [], contextSize = 0] = shape;
      it.each(views)('holds every pixel that matters, and no line that does not: %s', (_, seen) => {
        const network = networkOf({ outputStride, form, blocks, kernelSize, edges, dilations, contextSize });
        const { pixels } = receptiveField(network.config, seen);
        const base = noise(1);
        const expected = middle(network, base, seen);
        expect(middle(network, mixed(within(pixels), base, noise(2)), seen)).toEqual(expected);
        for (const side of SIDES) {
          const smaller = within({ ...pixels, [side]: pixels[side] - 1 });
          const differs = [3, 4, 5, 6].some((salt) => {
            const found = middle(network, mixed(smaller, base, noise(salt)), seen);
            return found.some((value, at) => value !== expected[at]);
          });
          expect(differs, `the last line of the ${side} matters`).toBe(true);
        }
        network.dispose();
      });
    },
  );

  it('grows by one position a block where nothing is masked, by two for the eight shifted orderings', () => {
    const plain = { kernelSize: 3, dilations: [1, 1, 1], form: 'shifted' } as const;
    const config = { ...plain, contextSize: 0, attention: [], outputStride: 4, edges: false } as const;
    expect(receptiveField(config, ['unmasked'])).toEqual({
      grid: { top: 3, bottom: 3, left: 3, right: 3 },
      pixels: { top: 15, bottom: 15, left: 15, right: 15 },
      margin: 3,
    });
    expect(receptiveField(config, RASTER_ORDERINGS).grid).toEqual({ top: 6, bottom: 6, left: 6, right: 6 });
    expect(receptiveField({ ...config, form: 'centered' }, RASTER_ORDERINGS).grid.top).toBe(3);
    // A kernel of 5 reaches two positions to a side, four lines back when it is shifted.
    expect(receptiveField({ ...config, kernelSize: 5 }, ['unmasked']).grid.left).toBe(6);
    expect(receptiveField({ ...config, kernelSize: 5 }, RASTER_ORDERINGS).grid.top).toBe(12);
    // A context of 7 adds three positions to a side, six lines back when it is shifted.
    expect(receptiveField({ ...config, contextSize: 7 }, ['unmasked']).grid.left).toBe(6);
    expect(receptiveField({ ...config, contextSize: 7 }, RASTER_ORDERINGS).grid.top).toBe(12);
    // Taps 1, 2 and 4 positions apart.
    expect(receptiveField({ ...config, dilations: [1, 2, 4] }, ['unmasked']).grid.left).toBe(7);
    expect(receptiveField({ ...config, dilations: [1, 2, 4] }, RASTER_ORDERINGS).grid.top).toBe(14);
  });

  it('is unbounded with attention', () => {
    const masked = { kernelSize: 3, dilations: [1, 1], contextSize: 0, form: 'shifted', attention: [1] } as const;
    const config = { ...masked, outputStride: 2, edges: true } as const;
    expect(receptiveField(config, ['unmasked']).pixels.left).toBe(Infinity);
    expect(receptiveField(config, ['unmasked']).margin).toBe(3);
  });
});
