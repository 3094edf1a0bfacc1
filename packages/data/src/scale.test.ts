import { describe, expect, it } from 'vitest';
import { scaledSide, scaleImage, scaleLabels } from '../child/scale.mjs';
import { randomStream } from './random-stream.js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';

describe('scaleImage: shape', () => {
  it('rounds sides as OpenCV does, halves to even', () => {
    expect([640, 480, 427, 500].map((side) => scaledSide(side, 0.33))).toEqual([211, 158, 141, 165]);
    expect([5, 7, 1].map((side) => scaledSide(side, 0.5))).toEqual([2, 4, 1]);
  });
});

describe('scaleImage: value', () => {
  it('is the mean of 2x2 pixels at one half', () => {
    const random = randomStream(3);
    const data = Float32Array.from({ length: 6 * 8 * 4 }, () => uniformInt(random, 0, 255));
    const { shape, data: half } = scaleImage(data, [6, 8, 4], 0.5);
    expect(shape).toEqual([3, 4, 4]);
    for (let row = 0; row < 3; row++) {
      for (let col = 0; col < 4; col++) {
        for (let band = 0; band < 4; band++) {
          const at = (dy: number, dx: number) => data[((2 * row + dy) * 8 + 2 * col + dx) * 4 + band];
          expect(half[(row * 4 + col) * 4 + band]).toBe((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4);
        }
      }
    }
  });

  it('interpolates between two pixels, the border repeated', () => {
    // Factor 0.33 of 10 pixels = 3 places; sources (place + 0.5) / 0.33 - 0.5 = 1.0152, 4.0455, 7.0758.
    const ramp = Float32Array.from({ length: 10 }, (_, at) => 10 * at);
    const { data } = scaleImage(ramp, [1, 10, 1], 0.33);
    expect([...data].map((value) => value.toFixed(3))).toEqual(['10.152', '40.455', '70.758']);
  });

  it('takes the label at floor(place / factor)', () => {
    const labels = Int32Array.from({ length: 10 }, (_, at) => at);
    expect([...scaleLabels(labels, [1, 10], 0.33)]).toEqual([0, 3, 6]);
    expect([...scaleLabels(Uint8Array.from(labels), [1, 10], 0.5)]).toEqual([0, 2, 4, 6, 8]);
  });
});
