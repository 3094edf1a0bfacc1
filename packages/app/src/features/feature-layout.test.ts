import { describe, expect, it } from 'vitest';
import { featureMap } from './feature-layout.js';

const counting = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => i),
});

describe('value', () => {
  it('moves the channels of a map [1, D, h, w] last', () => {
    const { shape, data } = featureMap(counting(1, 2, 2, 3), 'auto', [20, 30]);
    expect(shape).toEqual([2, 3, 2]);
    expect([...data]).toEqual([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
  });

  it('leaves a map [1, h, w, D] as it is, which it knows by the proportions of the image', () => {
    const { shape, data } = featureMap(counting(1, 2, 3, 5), 'auto', [20, 30]);
    expect(shape).toEqual([2, 3, 5]);
    expect(data[7]).toBe(7);
  });

  it('takes [D, h, w] for square maps, where both would do', () => {
    expect(featureMap(counting(4, 4, 4), 'auto', [32, 32]).data[1]).toBe(16);
  });

  it.each([0, 1, 5])('lays tokens out row by row, without the %i before them', (extra) => {
    const { shape, data } = featureMap(counting(1, 6 + extra, 2), 'auto', [28, 42]);
    expect(shape).toEqual([2, 3, 2]);
    expect([data[0], data[1], data.length]).toEqual([2 * extra, 2 * extra + 1, 12]);
  });
});

describe('error', () => {
  it('tells tokens that fit no grid of the image', () => {
    expect(() => featureMap(counting(1, 5, 2), 'tokens', [28, 42])).toThrow(
      'features: tokens [T, D] of a grid of square patches over 28 x 42 pixels are needed, got [5,2]. ' +
        'Give --backbone-size a multiple of the patch, or name the --backbone-layout.',
    );
  });

  it('tells an array that is no map', () => {
    expect(() => featureMap(counting(1, 5, 2), 'nchw', [28, 42])).toThrow(
      'features: a map of three axes is needed (layout nchw), got [1,5,2]',
    );
  });
});
