import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readReport, stepReport } from '../step-report.js';
import { nonFiniteImages, nonFiniteTerm, SkipCounter } from './finite-guard.js';

beforeAll(useTestEngine);

const gauges = { loss: -1, information: [0.5, 0.4], effectiveClusters: [2, 2], agreement: [1, 1], kappa: [1, 1] };
const mainHeads = ['main0', 'main1'];
const names = ['stem/kernel', 'head/bias'];

function termOf(changes: Partial<typeof gauges>, gradients: number[][] = [[1, -2], [0]]): string | undefined {
  const { loss, information, effectiveClusters, agreement, kappa } = { ...gauges, ...changes };
  const report = tf.tidy(() => {
    const table = tf.tensor2d([information, effectiveClusters, agreement, kappa]);
    return stepReport(
      tf.scalar(loss),
      table,
      gradients.map((values) => tf.tensor1d(values)),
    ).dataSync();
  });
  return nonFiniteTerm(readReport(report, mainHeads.length), { mainHeads, names });
}

describe('value', () => {
  it('is nothing where all is finite', () => {
    expect(termOf({})).toBeUndefined();
  });

  it('names the head whose information is no number', () => {
    expect(termOf({ loss: NaN, information: [0.5, NaN] })).toBe('the mutual information of head main1 is NaN');
  });

  it('names the loss where the main heads are fine', () => {
    expect(termOf({ loss: -Infinity })).toBe("the loss is -Infinity though each main head's information is finite");
  });

  it.each([
    ['NaN', [Number.NaN, 1]],
    ['infinity', [Infinity, 1]],
    ['infinities of both signs', [Infinity, -Infinity]],
  ])('names the variable whose gradient holds %s', (_, gradient) => {
    expect(termOf({}, [[1], gradient])).toBe('the gradient of head/bias is no number');
  });
});

describe('value: pixels', () => {
  const images = Float32Array.from({ length: 2 * 2 * 3 * 1 }, (_, at) => at / 12);
  const batch = { images, shape: [2, 2, 3, 1] as const, ids: ['a', 'b'] };

  it('are fine where all are finite', () => {
    expect(nonFiniteImages(batch)).toBeUndefined();
  });

  it('are told of with the image that they are of', () => {
    const spoilt = (at: number, value: number) => ({ ...batch, images: images.with(at, value) });
    expect(nonFiniteImages(spoilt(5, Number.NaN))).toBe('the pixels of a hold NaN');
    expect(nonFiniteImages(spoilt(6, -Infinity))).toBe('the pixels of b hold -Infinity');
  });
});

describe('error', () => {
  const skipped = (step: number) => ({ step, term: 'the loss is NaN', images: ['a', 'b'] });

  it('comes with the fifth skipped step in a row, and says what to do', () => {
    const counter = new SkipCounter();
    for (const step of [7, 8, 9, 10]) {
      expect(counter.skipped(skipped(step), 0.5)).toBe(`step ${step} was skipped: the loss is NaN (images a, b)`);
    }
    expect(() => counter.skipped(skipped(11), 0.5)).toThrow(
      'training: 5 steps in a row gave no numbers; the last: step 11 was skipped: the loss is NaN (images a, b). ' +
        'Train again with a lower --learning-rate (now 0.5); the checkpoints so far are whole.',
    );
  });

  it('does not come while good steps lie between', () => {
    const counter = new SkipCounter();
    for (let step = 1; step < 20; step += 2) {
      counter.skipped(skipped(step), 0.5);
      counter.good();
    }
    expect(counter.inARow).toBe(0);
  });
});
