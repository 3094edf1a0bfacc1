/** Small maps, masks and choices that tests of the mutual information share. */
import * as tf from '@tensorflow/tfjs-core';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { MutualInformationOptions } from './mutual-information.js';

export type Shape = [number, number, number, number];
export interface Case {
  halfWindow: number;
  joint: 'pooled' | 'per-displacement';
  entropyWeight: number;
  mask?: number[];
  /** The group of each image. */
  groups?: number[];
}

export const SHAPE: Shape = [2, 3, 4, 3];
export const MASK = [1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1];
export const CASES: Case[] = [
  { halfWindow: 0, joint: 'pooled', entropyWeight: 1 },
  { halfWindow: 1, joint: 'pooled', entropyWeight: 1.5 },
  { halfWindow: 2, joint: 'pooled', entropyWeight: 1, mask: MASK },
  { halfWindow: 0, joint: 'pooled', entropyWeight: 1, groups: [1, 0] },
  { halfWindow: 1, joint: 'pooled', entropyWeight: 1.5, mask: MASK, groups: [0, 1] },
  { halfWindow: 1, joint: 'pooled', entropyWeight: 1, groups: [0, 0] },
  { halfWindow: 0, joint: 'per-displacement', entropyWeight: 1.5 },
  { halfWindow: 1, joint: 'per-displacement', entropyWeight: 1, mask: MASK },
  { halfWindow: 2, joint: 'per-displacement', entropyWeight: 0.5 },
  { halfWindow: 1, joint: 'per-displacement', entropyWeight: 1, mask: MASK, groups: [0, 1] },
];

export const map = (values: number[], shape: Shape) => tf.tensor4d(values, shape);
export const oneHot = (ids: number[], [n, h, w, k]: Shape) =>
  tf.tensor4d(
    ids.flatMap((id) => unit(id, k)),
    [n, h, w, k],
  );
const unit = (id: number, size: number) => Array.from({ length: size }, (_, index) => Number(index === id));
/** The choices with tensors for the mask and the groups. */
export const optionsOf = ({ mask, groups, ...options }: Case): MutualInformationOptions => ({
  ...options,
  mask: mask && tf.tensor3d(mask, [2, 3, 4]),
  groups: groups && members(groups),
});
const members = (groups: number[]) =>
  tf.tensor2d(Array.from({ length: Math.max(...groups) + 1 }, (_, g) => groups.map((group) => Number(group === g))));
export const value = async (scalar: tf.Tensor) => (await scalar.data())[0];

export function randomLogits(shape: Shape, seed: number): number[] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: shape.reduce((a, b) => a * b) }, () => 4 * uniformFloat64(random) - 2);
}

export function softmaxRows(logits: number[], k: number): number[] {
  return logits.map((logit, index) => {
    const row = logits.slice(index - (index % k), index - (index % k) + k);
    return Math.exp(logit) / row.reduce((sum, other) => sum + Math.exp(other), 0);
  });
}
