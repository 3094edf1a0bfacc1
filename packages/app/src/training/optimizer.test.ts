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

  it('updates each of several variables as if it were alone, whatever their shapes', () => {
    const values = [tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), tf.tensor1d([7]), tf.scalar(8)];
    const slope = (variable: tf.Variable) => tf.mul(variable, 0.3);
    const trained = (variables: tf.Variable[]) => {
      const adam = new Adam(variables);
      for (let i = 0; i < 3; i++) tf.tidy(() => adam.update(variables.map(slope), 0.1));
      return variables.map((variable) => [...variable.dataSync()]);
    };
    const together = trained(values.map((value) => tf.variable(value)));
    expect(together).toEqual(values.flatMap((value) => trained([tf.variable(value)])));
  });

  it('leaves variables and moments alone when told so by the device', async () => {
    const variable = tf.variable(tf.tensor1d([1, -2]));
    const adam = new Adam([variable]);
    tf.tidy(() => adam.update([tf.tensor1d([Number.NaN, 1])], 0.1, { when: tf.scalar(false, 'bool') }));
    expect([...variable.dataSync()]).toEqual([1, -2]);
    for (const { data } of Object.values(await adam.state())) expect([...data]).toEqual([0, 0]);
    tf.tidy(() => adam.update([tf.tensor1d([1, 1])], 0.1, { when: tf.scalar(true, 'bool') }));
    expect(variable.dataSync()[0]).toBeLessThan(1);
  });

  it('goes on from its saved state to the same bits', async () => {
    const start = (): tf.Variable[] => [tf.variable(tf.tensor1d([1, -2])), tf.variable(tf.tensor2d([[3, 4]]))];
    const run = async (splitAt: number) => {
      let variables = start();
      let adam = new Adam(variables);
      for (let i = 0; i < 10; i++) {
        if (i === splitAt) {
          const saved = await adam.state();
          variables = variables.map((variable) => tf.variable(tf.tensor(variable.dataSync(), variable.shape)));
          const next = new Adam(variables);
          next.restore(saved);
          next.step = adam.step;
          adam = next;
        }
        tf.tidy(() =>
          adam.update(
            variables.map((variable) => tf.mul(variable, 0.3)),
            0.05,
          ),
        );
      }
      return variables.map((variable) => [...variable.dataSync()]);
    };
    expect(await run(5)).toEqual(await run(-1));
  });

  it('saves the moments of each variable under names of their own, in its shape', async () => {
    const variables = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([1, 2]))];
    const adam = new Adam(variables);
    tf.tidy(() => adam.update([tf.tensor1d([1, 2]), tf.tensor2d([[3, 4]])], 0.1));
    const state = await adam.state();
    expect(Object.keys(state)).toEqual(['first.0', 'second.0', 'first.1', 'second.1']);
    expect(state['first.1'].shape).toEqual([1, 2]);
    [0.3, 0.4].forEach((value, i) => expect(state['first.1'].data[i]).toBeCloseTo(value, 6)); // (1 - beta1) g
    [0.001, 0.004].forEach((value, i) => expect(state['second.0'].data[i]).toBeCloseTo(value, 6)); // (1 - beta2) g^2
  });

  it('names what of a saved state does not fit, and stays as it was', async () => {
    const adam = new Adam([tf.variable(tf.zeros([2]))]);
    const { 'first.0': first } = await adam.state();
    expect(adam.restore({ 'first.0': first })).toBe('second.0');
    expect(adam.restore({ 'first.0': { shape: [3], data: new Float32Array(3) }, 'second.0': first })).toBe('first.0');
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
