import { irregularTensor, useTestEngine } from '@autoregseg/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hilbertOrdering, maskedConv2d, rasterOrdering, type View } from './index.js';
import './vitest.js';

beforeAll(useTestEngine);

const size = { height: 3, width: 4, channels: 2 };
const kernel = () => irregularTensor<tf.Rank.R4>([3, 3, 2, 2], 1);
const masked = (x: tf.Tensor4D, view: View) => maskedConv2d(x, kernel(), view, { form: 'centered' });
const unmasked = (x: tf.Tensor4D) => maskedConv2d(x, kernel(), 'unmasked');

describe('value', () => {
  it('passes what is causal, by both searches or by one', () => {
    expect(masked).toBeAutoregressive(hilbertOrdering(), size);
    expect(masked).toBeAutoregressive(rasterOrdering('bottom-left', 'row'), { ...size, by: 'gradient' });
    expect(unmasked).not.toBeAutoregressive(hilbertOrdering(), size);
  });

  it('names the pair that offends, and how it was found', () => {
    const top = rasterOrdering('top-left', 'row');
    expect(() => expect(unmasked).toBeAutoregressive(top, size)).toThrow(
      'expected no position to depend on what comes after it under top-left-row, but output (0, 0) depends on input (0, 1), ' +
        'found by perturbation',
    );
    expect(() => expect(unmasked).toBeAutoregressive(top, { ...size, by: 'gradient' })).toThrow(
      'output (0, 0) depends on input (0, 1), found by gradient',
    );
    expect(() => expect(masked).not.toBeAutoregressive(top, size)).toThrow(
      'expected a position to depend on what comes after it under top-left-row',
    );
  });
});
