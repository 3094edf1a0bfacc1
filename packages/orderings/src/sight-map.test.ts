/** Receptive fields by masks against those by gradients of real layers, and the counts known for the paper's stack. */
import { dependenceOf, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  blindSpotMap,
  hilbertOrdering,
  maskedAttention2d,
  maskedConv2d,
  oppositeOrdering,
  orderingOverlap,
  randomOrdering,
  RASTER_ORDERINGS,
  rasterOrdering,
  receptiveFieldMap,
  spiralOrdering,
  type Ordering,
  type SightLayer,
} from './index.js';

beforeAll(useTestEngine);

const reading = rasterOrdering('top-left', 'row');
const conv = (options: object = {}): SightLayer => ({ kind: 'convolution', ...options });
const count = (map: Uint8Array) => map.reduce((sum, one) => sum + one, 0);
const rows = (map: Uint8Array, width: number) =>
  Array.from({ length: map.length / width }, (_, row) => map.slice(row * width, (row + 1) * width).join(''));

/** The same stack, made of real layers. */
function build(layers: readonly SightLayer[], view: Ordering) {
  return (x: tf.Tensor4D) =>
    layers.reduce((map, layer, i) => {
      const { includeCenter = true } = layer;
      const weight = (shape: [number, number, number, number], phase: number) =>
        irregularTensor<tf.Rank.R4>(shape, phase);
      if (layer.kind === 'attention') {
        const [q, k, v] = [1, 2, 3].map((phase) => tf.conv2d(map, weight([1, 1, 2, 2], phase), 1, 'valid'));
        const y = maskedAttention2d(q, k, v, view, { includeCenter });
        return layer.skip === true ? tf.add<tf.Tensor4D>(map, y) : y;
      }
      const kernel = weight([3, 3, 2, 2], i + 4);
      const y = maskedConv2d(map, kernel, view, { includeCenter, form: layer.form });
      return layer.skip === true ? tf.add<tf.Tensor4D>(map, y) : y;
    }, x);
}

describe('value', () => {
  const stacks: [string, SightLayer[], Ordering][] = [
    ['no layer', [], reading],
    ['shifted', [conv(), conv()], reading],
    ['shifted, upwards', [conv(), conv()], rasterOrdering('bottom-right', 'column')],
    ['centered, the first without its centre', [conv({ form: 'centered', includeCenter: false }), conv({ form: 'centered' })], reading],
    ['without centres but with skips', [conv({ includeCenter: false, skip: true }), conv({ includeCenter: false, skip: true })], reading],
    ['without centres', [conv({ includeCenter: false }), conv({ includeCenter: false })], reading],
    ['centered under Hilbert’s curve', [conv({ form: 'centered' }), conv({ form: 'centered' })], hilbertOrdering()],
    ['centered under a random walk', [conv({ form: 'centered' }), conv({ form: 'centered' })], randomOrdering(3)],
    ['attention without its centre', [{ kind: 'attention', includeCenter: false }], spiralOrdering()],
    ['convolution, then attention', [conv({ form: 'centered', includeCenter: false }), { kind: 'attention', includeCenter: false, skip: true }], spiralOrdering()],
  ]; // prettier-ignore

  it.each(stacks)('is what gradients show: %s', (_name, layers, view) => {
    const size = { height: 4, width: 5 };
    const dependence = dependenceOf(build(layers, view), { ...size, channels: 2 });
    dependence.forEach((seen, query) => {
      const position = [Math.floor(query / 5), query % 5] as const;
      const field = receptiveFieldMap(layers, view, { ...size, position });
      expect(rows(field, 5), `position ${position}`).toEqual(rows(Uint8Array.from(seen, Number), 5));
    });
  });

  it('one centered layer sees the mask itself', () => {
    const field = receptiveFieldMap([conv({ form: 'centered' })], reading, { height: 3, width: 4, position: [1, 2] });
    expect(rows(field, 4)).toEqual(['0111', '0110', '0000']);
  });

  it('the paper’s four blocks see 71 positions and are blind to 6, eight blocks 253 and 28', () => {
    const at = { height: 40, width: 41, position: [30, 20] as const };
    const four = Array.from({ length: 4 }, () => conv());
    expect([count(receptiveFieldMap(four, reading, at)), count(blindSpotMap(four, reading, at))]).toEqual([71, 6]);
    const eight = [...four, ...four];
    expect([count(receptiveFieldMap(eight, reading, at)), count(blindSpotMap(eight, reading, at))]).toEqual([253, 28]);
  });

  it('marks PixelCNN’s blind spot beside the current line', () => {
    const centered = Array.from({ length: 2 }, () => conv({ form: 'centered' }));
    const blind = blindSpotMap(centered, reading, { height: 4, width: 6, position: [3, 2] });
    // two layers reach two columns to the right two lines up, and one column one line up
    expect(rows(blind, 6)).toEqual(['000000', '000000', '000010', '000000']);
  });

  it('sees all, and is blind to nothing, unmasked and by attention', () => {
    const at = { height: 3, width: 3, position: [1, 1] as const };
    expect(count(receptiveFieldMap([conv({ form: 'shifted' })], 'unmasked', at))).toBe(9);
    expect(count(blindSpotMap([conv()], 'unmasked', at))).toBe(0);
    expect(count(blindSpotMap([{ kind: 'attention' }], spiralOrdering(), at))).toBe(0);
  });

  it('dilation leaves the positions between two taps out', () => {
    const field = receptiveFieldMap([conv({ form: 'centered', dilation: 2 })], reading, {
      height: 4,
      width: 5,
      position: [2, 2],
    });
    expect(rows(field, 5)).toEqual(['10101', '00000', '10100', '00000']);
    // Shifted by as many lines as the taps lie apart: nothing two lines below, and four lines above instead.
    const shifted = receptiveFieldMap([conv({ form: 'shifted', dilation: 2 })], reading, {
      height: 5,
      width: 5,
      position: [4, 2],
    });
    expect(rows(shifted, 5)).toEqual(['10101', '00000', '10101', '00000', '10100']);
  });

  it('orderingOverlap: twins share the position alone, an ordering everything with itself', () => {
    const size = { height: 4, width: 5 };
    expect(orderingOverlap(reading, oppositeOrdering(reading), size).shared).toBeCloseTo(1, 10);
    expect(orderingOverlap(reading, reading, size).share).toBeCloseTo(1, 10);
    // 1 x 2: position 0 sees itself, and under the twin both; position 1 the other way round: 1 of 2 each
    expect(orderingOverlap(reading, oppositeOrdering(reading), { height: 1, width: 2 }).share).toBeCloseTo(0.5, 10);
    // rows downwards and columns rightwards share the quadrant above and to the left: on 2 x 2 that is 1, 1, 1, 3 or 4 positions
    const columns = RASTER_ORDERINGS[1];
    expect(orderingOverlap(reading, columns, { height: 2, width: 2 }).shared).toBeCloseTo((1 + 2 + 2 + 4) / 4, 10);
  });
});

describe('error', () => {
  const at = { height: 3, width: 4, position: [1, 1] as const };
  it('asks for the centered form where the ordering is no raster scan', () => {
    expect(() => receptiveFieldMap([conv()], hilbertOrdering(), at)).toThrow(
      new RangeError(
        "receptiveFieldMap: form 'shifted' follows raster orderings only, got 'hilbert'; use form 'centered' for other orderings",
      ),
    );
  });

  it('refuses a position outside and a layer of no kind', () => {
    expect(() => blindSpotMap([], reading, { ...at, position: [3, 0] })).toThrow(
      new RangeError('blindSpotMap: position must lie on the map of 3 x 4, got [3,0]'),
    );
    expect(() => receptiveFieldMap([{ kind: 'pool' } as never], reading, at)).toThrow(
      new RangeError("receptiveFieldMap: a layer's kind must be 'convolution' or 'attention', got 'pool'"),
    );
  });
});
