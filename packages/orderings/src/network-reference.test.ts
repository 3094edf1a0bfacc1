/** The network's arithmetic against its definition, written out by loops over images [row][column][channel]. */
import { irregularTensor, useTestEngine } from '@autoregseg/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, RASTER_ORDERINGS, rasterOrdering, type Ordering, type SavedWeight } from './index.js';

beforeAll(useTestEngine);

type Picture = number[][][];

const relu = (value: number) => Math.max(value, 0);
const each = (map: Picture, change: (pixel: number[], row: number, column: number) => number[]): Picture =>
  map.map((line, row) => line.map((pixel, column) => change(pixel, row, column)));
const picture = (height: number, width: number, pixel: (row: number, column: number) => number[]): Picture =>
  Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) => pixel(row, column)));

/** sum over taps (i, j) and channels of map[row + i][column + j] kernel[i][j], where `sees` allows, + bias. */
function convolution(
  map: Picture,
  { kernel, bias }: { kernel: SavedWeight; bias?: SavedWeight },
  taps: (row: number, column: number) => Array<[row: number, column: number, tap: number]>,
): (row: number, column: number) => number[] {
  const [, , channels, filters] = kernel.shape;
  return (row, column) =>
    Array.from({ length: filters }, (_, d) => {
      let sum = bias?.data[d] ?? 0;
      for (const [r, c, tap] of taps(row, column)) {
        const pixel = map[r]?.[c];
        for (let k = 0; k < channels; k++) sum += (pixel?.[k] ?? 0) * kernel.data[(tap * channels + k) * filters + d];
      }
      return sum;
    });
}

/** The nine taps around (stride row, stride column), moved by `shift`. */
const nine = (row: number, column: number, shift = [0, 0]) =>
  Array.from({ length: 9 }, (_, tap): [number, number, number] => [
    row + Math.floor(tap / 3) - 1 + shift[0],
    column + (tap % 3) - 1 + shift[1],
    tap,
  ]);

function stem(image: Picture, weights: Record<string, SavedWeight>, outputStride: 1 | 2 | 4): Picture {
  const stride = Math.max(1, outputStride / 2);
  const half = (side: number, by: number) => Math.ceil(side / by);
  const [height, width] = [half(image.length, stride), half(image[0].length, stride)];
  const taps = (r: number, c: number): Array<[number, number, number]> =>
    outputStride === 1 ? [[r, c, 0]] : nine(r * stride, c * stride);
  const sums = picture(height, width, (row, column) =>
    convolution(image, { kernel: weights['stem/convolution_kernel'] }, taps)(row, column),
  );
  const of = (name: string) => weights[`stem/normalization_${name}`].data;
  const active = each(sums, (pixel) =>
    pixel.map((value, k) =>
      relu(
        ((value - of('running_mean')[k]) / Math.sqrt(of('running_variance')[k] + 1e-5)) * of('scale')[k] +
          of('offset')[k],
      ),
    ),
  );
  if (outputStride === 1) return active;
  return picture(half(height, 2), half(width, 2), (row, column) => {
    const window = nine(2 * row, 2 * column).flatMap(([r, c]) => (active[r]?.[c] ? [active[r][c]] : []));
    return window[0].map((_, k) => Math.max(...window.map((pixel) => pixel[k])));
  });
}

/** The image, and the slopes of its grey values: differences of the next and the last line, (1, 2, 1) / 4 across. */
function withEdges(image: Picture): Picture {
  const [height, width] = [image.length, image[0].length];
  const grey = (row: number, column: number) => {
    const pixel = image[row]?.[column];
    return pixel ? pixel.reduce((sum, value) => sum + value) / pixel.length : 0;
  };
  const across = (at: (step: number) => number) => (at(-1) + 2 * at(0) + at(1)) / 4;
  return picture(height, width, (row, column) => [
    ...image[row][column],
    across((step) => grey(row + 1, column + step) - grey(row - 1, column + step)),
    across((step) => grey(row + step, column + 1) - grey(row + step, column - 1)),
  ]);
}

function block(
  map: Picture,
  weights: Record<string, SavedWeight>,
  name: string,
  ordering: Ordering,
  shift: number[],
): Picture {
  const [height, width] = [map.length, map[0].length];
  const turns = ordering.rank(height, width);
  const past = (row: number, column: number) =>
    nine(row, column, shift).filter(([r, c]) => {
      const inside = r >= 0 && r < height && c >= 0 && c < width;
      return inside && turns[r * width + c] <= turns[row * width + column];
    });
  const itself = (row: number, column: number): Array<[number, number, number]> => [[row, column, 0]];
  const layer = (from: Picture, part: string, taps: typeof itself) => {
    const at = convolution(
      from,
      { kernel: weights[`${name}/${part}_kernel`], bias: weights[`${name}/${part}_bias`] },
      taps,
    );
    return each(from, (_, row, column) => at(row, column).map(relu));
  };
  let y = layer(layer(map, 'masked', past), 'pointwise_1_2', itself);
  y = each(y, (pixel, row, column) => pixel.map((value, k) => value + (map[row][column][k] ?? 0)));
  for (const index of [2, 3]) {
    const branch = layer(layer(y, `pointwise_${index}_1`, itself), `pointwise_${index}_2`, itself);
    y = each(y, (pixel, row, column) => pixel.map((value, k) => value + branch[row][column][k]));
  }
  return y;
}

/** Bilinear interpolation between the four nearest positions, half-pixel centres. */
function upsample(map: Picture, height: number, width: number): Picture {
  const place = (target: number, from: number, to: number) =>
    Math.min(Math.max(((target + 0.5) * from) / to - 0.5, 0), from - 1);
  return picture(height, width, (row, column) => {
    const [r, c] = [place(row, map.length, height), place(column, map[0].length, width)];
    const [top, left] = [Math.floor(r), Math.floor(c)];
    const at = (i: number, j: number) => map[Math.min(i, map.length - 1)][Math.min(j, map[0].length - 1)];
    const [down, right] = [r - top, c - left];
    return at(top, left).map(
      (value, k) =>
        value * (1 - down) * (1 - right) +
        at(top, left + 1)[k] * (1 - down) * right +
        at(top + 1, left)[k] * down * (1 - right) +
        at(top + 1, left + 1)[k] * down * right,
    );
  });
}

describe('value', () => {
  it.each([
    [1, false, RASTER_ORDERINGS[0], [-1, 0]],
    [2, false, RASTER_ORDERINGS[0], [-1, 0]],
    [4, false, rasterOrdering('bottom-right', 'column'), [0, 1]],
    [2, false, rasterOrdering('top-right', 'row'), [-1, 0]],
    [2, true, RASTER_ORDERINGS[0], [-1, 0]],
    [4, true, RASTER_ORDERINGS[0], [-1, 0]],
  ] as const)(
    'equals stem, two blocks and head by their definitions, output stride %i, edges %s',
    (outputStride, edges, ordering, shift) => {
      const network = createNetwork({ channels: 2, stemChannels: 3, outputStride, edges, heads: { main: 2 }, seed: 3 });
      const { config, weights } = network.save();
      // Weights that leave no term out: biases and statistics are constants at first.
      Object.entries(weights).forEach(([name, { shape, data }], i) => {
        if (name.endsWith('kernel')) return;
        data.set(
          irregularTensor(shape as number[], i)
            .dataSync()
            .map((value) => value * 0.3 + (name.endsWith('variance') ? 1 : 0)),
        );
      });
      network.load({ config, weights });
      const images = irregularTensor<tf.Rank.R4>([1, 7, 10, 2], 5);
      const { features, logits } = network.forward(images, ordering);

      const [image] = images.arraySync();
      let maps = stem(edges ? withEdges(image) : image, weights, outputStride);
      maps = block(maps, weights, 'block_1', ordering, [...shift]);
      maps = block(maps, weights, 'block_2', ordering, [...shift]);
      const head = convolution(
        maps,
        { kernel: weights['decoder/main_kernel'], bias: weights['decoder/main_bias'] },
        (r, c) => [[r, c, 0]],
      );
      const expected = upsample(
        each(maps, (_, row, column) => head(row, column)),
        7,
        10,
      );

      // float32 against float64 over a depth of seven convolutions
      features.dataSync().forEach((value, i) => expect(value).toBeCloseTo(maps.flat(2)[i], 4));
      logits['main'].dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected.flat(2)[i], 4));
    },
  );
});
