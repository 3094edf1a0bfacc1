import { expectNoLeakedTensors, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { followVariables, stopGradient } from './index.js';

beforeAll(useTestEngine);

describe('value', () => {
  it('moves a follower by its share of the way: 0.9 * 2 + 0.1 * 12 = 3', () => {
    const [follower, leader] = [tf.variable(tf.tensor1d([2, 0])), tf.variable(tf.tensor1d([12, 1]))];
    followVariables([follower], [leader], { momentum: 0.9 });
    expect(follower.dataSync()[0]).toBeCloseTo(3, 6);
    expect(follower.dataSync()[1]).toBeCloseTo(0.1, 6);
    expect([...leader.dataSync()]).toEqual([12, 1]);
  });

  it('copies with momentum 0 and stays with 1', () => {
    const [follower, leader] = [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(7))];
    followVariables([follower], [leader], { momentum: 1 });
    expect(follower.dataSync()[0]).toBe(2);
    followVariables([follower], [leader], { momentum: 0 });
    expect(follower.dataSync()[0]).toBe(7);
  });

  it('stopGradient keeps the value', () => {
    expect([...stopGradient(tf.tensor1d([1, -2])).dataSync()]).toEqual([1, -2]);
  });
});

describe('gradient', () => {
  it('stopGradient is a constant: x * stop(x) has the slope x, not 2 x', () => {
    const slope = tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.tensor1d([3, 5]));
    expect([...slope.dataSync()]).toEqual([3, 5]);
  });
});

describe('error', () => {
  const one = () => tf.variable(tf.ones([2]));
  it('refuses lists that do not fit, and changes nothing', () => {
    expect(() => followVariables([one()], [])).toThrow(
      new RangeError('followVariables: there must be a leader for each follower, got 1 and 0'),
    );
    const follower = one();
    const leaders = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([3]))];
    expect(() => followVariables([follower, one()], leaders)).toThrow(
      new RangeError('followVariables: variables 1 must have one shape, got [2] and [3]'),
    );
    expect([...follower.dataSync()]).toEqual([1, 1]);
  });

  it('refuses a momentum outside of [0, 1]', () => {
    expect(() => followVariables([], [], { momentum: 1.5 })).toThrow(
      new RangeError('followVariables: momentum must be in [0, 1], got 1.5'),
    );
  });
});

describe('memory', () => {
  it('leaves nothing', () => {
    const [follower, leader] = [tf.variable(tf.ones([2])), tf.variable(tf.zeros([2]))];
    expectNoLeakedTensors(() => followVariables([follower], [leader]), 0);
  });
});
