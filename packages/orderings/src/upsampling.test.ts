import { expectGradientsClose, expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { interpolationMatrix, upsampleBilinear } from './upsampling.js';

beforeAll(useTestEngine);

describe('value', () => {
  it('convention: pixels have their centres at one half, and the border repeats', () => {
    // centres of 4 pixels over 2 samples: (i + 0.5) / 2 - 0.5 = -0.25, 0.25, 0.75, 1.25, held within 0 and 1
    expect([...interpolationMatrix(2, 4)]).toEqual([1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
    // one sample serves all
    expect([...interpolationMatrix(1, 3)]).toEqual([1, 1, 1]);
    // 5 over 3: 0.6 i - 0.2 = -0.2, 0.4, 1, 1.6, 2.2
    const fiveOfThree = [1, 0, 0, 0.6, 0.4, 0, 0, 1, 0, 0, 0.4, 0.6, 0, 0, 1];
    interpolationMatrix(3, 5).forEach((weight, i) => expect(weight).toBeCloseTo(fiveOfThree[i], 6)); // float32
  });

  it('is the identity when the size stays', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 3, 5, 2], 1);
    expect([...upsampleBilinear(x, [3, 5]).dataSync()]).toEqual([...x.dataSync()]);
  });

  it('equals the engine’s own values for half-pixel centres, whose gradient is wrong', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 3, 4, 3], 2);
    const expected = tf.image.resizeBilinear(x, [7, 5], false, true).dataSync();
    const actual = upsampleBilinear(x, [7, 5]).dataSync();
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5)); // float32, other order of sums
  });
});

describe('gradient', () => {
  it('is that of central differences', () => {
    expectGradientsClose((x) => upsampleBilinear(x, [5, 7]), [irregularTensor<tf.Rank.R4>([1, 2, 3, 2], 3)]);
  });
});

describe('memory', () => {
  it('leaves one tensor', () => {
    const x = irregularTensor<tf.Rank.R4>([1, 2, 3, 2], 4);
    expectNoLeakedTensors(() => upsampleBilinear(x, [5, 7]), 1);
  });
});
