import { describe, expect, it } from 'vitest';
import { resizeImage, resizeLabels, targetSize } from './resize.js';

const column = (...values: number[]) => ({ shape: [values.length, 1, 1] as const, data: Float32Array.from(values) });
/** Six digits: what float32 holds. */
const digits = (values: Float32Array) => Array.from(values, (value) => Number(value.toFixed(6)));

describe('resizeImage: shape', () => {
  it('gives exactly the size asked for, whatever the aspect, and the same image for the same size', () => {
    const image = { shape: [4, 6, 2] as const, data: new Float32Array(48).fill(0.25) };
    const resized = resizeImage({ image }, [7, 3]);
    expect(resized.image.shape).toEqual([7, 3, 2]);
    expect(digits(resized.image.data)).toEqual(Array.from({ length: 42 }, () => 0.25));
    expect(resizeImage({ image }, [4, 6]).image).toBe(image);
  });
});

describe('resizeImage: value', () => {
  it('grows bilinearly with half-pixel centres', () => {
    // Centres of 4 rows over 2: -0.25, 0.25, 0.75, 1.25; outside the first and last centre the edge goes on.
    expect(digits(resizeImage({ image: column(0, 1) }, [4, 1]).image.data)).toEqual([0, 0.25, 0.75, 1]);
  });

  it('shrinks with every source pixel counted', () => {
    // Scale 2, centres 0.5 and 2.5, weights 1 - distance / 2: (3/4, 3/4, 1/4) of 7/4 in all.
    const expected = [(0.75 * 0.2 + 0.75 * 0.4 + 0.25 * 0.6) / 1.75, (0.25 * 0.4 + 0.75 * 0.6 + 0.75 * 0.8) / 1.75];
    const { data } = resizeImage({ image: column(0.2, 0.4, 0.6, 0.8) }, [2, 1]).image;
    expect(digits(data)).toEqual(expected.map((value) => Number(value.toFixed(6))));
  });

  it('does not let invalid pixels bleed into valid ones', () => {
    const { image, valid } = resizeImage({ image: column(0.8, 0.8, 0, 0), valid: Uint8Array.of(1, 1, 0, 0) }, [2, 1]);
    expect(digits(image.data)).toEqual([0.8, 0]);
    expect([...valid!]).toEqual([1, 0]);
  });
});

describe('resizeLabels: value', () => {
  it('takes the label under the centre, and mixes none', () => {
    expect([...resizeLabels(Int32Array.of(3, 9, 255, 1), [2, 2], [1, 4])]).toEqual([255, 255, 1, 1]);
    expect([...resizeLabels(Int32Array.of(3, 9), [1, 2], [2, 2])]).toEqual([3, 9, 3, 9]);
  });
});

describe('targetSize', () => {
  it('is the size asked for, whatever the image', () => {
    expect(targetSize([10, 20], { size: [3, 4] })).toEqual([3, 4]);
  });

  it('shrinks the longer side and keeps the aspect', () => {
    expect(targetSize([300, 400], { longSide: 200 })).toEqual([150, 200]);
    expect(targetSize([4000, 3], { longSide: 100 })).toEqual([100, 1]);
  });

  it('never enlarges', () => {
    expect(targetSize([30, 40], { longSide: 200 })).toEqual([30, 40]);
    expect(targetSize([30, 40], {})).toEqual([30, 40]);
  });
});
