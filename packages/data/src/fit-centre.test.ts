import { describe, expect, it } from 'vitest';
import type { Sample } from './dataset.js';
import { fitCentre } from './fit-centre.js';

/** One channel; value = 10 * row + col, label the same. */
function ramp(height: number, width: number): Sample {
  const values = Array.from({ length: height * width }, (_, at) => 10 * Math.floor(at / width) + (at % width));
  return {
    id: 'a',
    image: { shape: [height, width, 1], data: Float32Array.from(values) },
    label: Int32Array.from(values),
  };
}

describe('fitCentre: value', () => {
  it('cuts what is too large, its middle staying the middle', () => {
    const { image, label, valid } = fitCentre(ramp(5, 4), [2, 2]);
    // Rows from floor(5 / 2) - floor(2 / 2) = 1, columns from 2 - 1 = 1.
    expect([...image.data]).toEqual([11, 12, 21, 22]);
    expect([...label!]).toEqual([11, 12, 21, 22]);
    expect(valid).toBeUndefined();
  });

  it('pads what is too small with nothing: 0, ignored, not valid', () => {
    const { image, label, valid } = fitCentre(ramp(1, 4), [3, 2]);
    expect([...image.data]).toEqual([0, 0, 1, 2, 0, 0]);
    expect([...label!]).toEqual([255, 255, 1, 2, 255, 255]);
    expect([...valid!]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('leaves a sample of the right size as it is', () => {
    const sample = ramp(3, 3);
    expect(fitCentre(sample, [3, 3])).toBe(sample);
  });
});
