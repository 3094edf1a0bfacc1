import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam } from './optimizer.js';

beforeAll(useTestEngine);

describe('value', () => {
  it('follows the published update for three steps', () => {
    const gradients = [0.5, -1, 0.25];
    // Algorithm 1 of Kingma and Ba, written out.
    let [theta, m, v] = [1, 0, 0];
    gradients.forEach((g, i) => {
      const t = i + 1;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      theta -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
    });
    const variable = tf.variable(tf.tensor1d([1]));
    const adam = new Adam([variable]);
    for (const g of gradients) tf.tidy(() => adam.update([tf.tensor1d([g])], 0.01));
    // float32 against float64
    expect(variable.dataSync()[0]).toBeCloseTo(theta, 6);
  });

  it('leaves variables and moments alone when told so by the device', () => {
    const variable = tf.variable(tf.tensor1d([1, -2]));
    const adam = new Adam([variable]);
    tf.tidy(() => adam.update([tf.tensor1d([Number.NaN, 1])], 0.1, { when: tf.scalar(false, 'bool') }));
    expect([...variable.dataSync()]).toEqual([1, -2]);
    for (const moment of Object.values(adam.state())) expect([...moment.dataSync()]).toEqual([0, 0]);
    tf.tidy(() => adam.update([tf.tensor1d([1, 1])], 0.1, { when: tf.scalar(true, 'bool') }));
    expect(variable.dataSync()[0]).toBeLessThan(1);
  });

  it('goes on from its saved state to the same bits', () => {
    const run = (splitAt: number) => {
      let variable = tf.variable(tf.tensor1d([1, -2]));
      let adam = new Adam([variable]);
      for (let i = 0; i < 10; i++) {
        if (i === splitAt) {
          const saved = Object.entries(adam.state()).map(([name, moment]) => [name, moment.dataSync()] as const);
          const next = new Adam([(variable = tf.variable(tf.tensor1d(variable.dataSync())))]);
          for (const [name, data] of saved) next.state()[name].assign(tf.tensor1d(data));
          next.step = adam.step;
          adam = next;
        }
        tf.tidy(() => adam.update([tf.mul(variable, 0.3)], 0.05));
      }
      return [...variable.dataSync()];
    };
    expect(run(5)).toEqual(run(-1));
  });
});

describe('memory', () => {
  it('adds no tensor in an update and gives all back', () => {
    const before = tf.memory().numTensors;
    const variable = tf.variable(tf.zeros([3]));
    const adam = new Adam([variable]);
    const gradient = tf.ones([3]);
    adam.update([gradient], 0.1);
    const after = tf.memory().numTensors;
    adam.update([gradient], 0.1);
    expect(tf.memory().numTensors).toBe(after);
    adam.dispose();
    tf.dispose([variable, gradient]);
    // The zeros that the variable was made of stay: they were the test's own.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(1);
  });
});
