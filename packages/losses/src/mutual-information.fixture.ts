/** Small maps, masks and choices that tests of the mutual information share, and its definition. */
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

/** The definition, in float64, term by term: every displacement, every pair of positions, every pair of clusters. */
export function reference(a: number[], b: number[], shape: Shape, choices: Case) {
  const { groups = Array<number>(shape[0]).fill(0) } = choices;
  const ofGroups = [...new Set(groups)].map((group) => {
    const images = groups.flatMap((other, image) => (other === group ? [image] : []));
    return informationOf(images, a, b, shape, choices);
  });
  const pairs = ofGroups.reduce((sum, { total }) => sum + total, 0);
  return ofGroups.reduce((sum, { total, value }) => sum + (total / pairs) * value, 0);
}

function informationOf(images: number[], a: number[], b: number[], [, h, w, k]: Shape, choices: Case) {
  const { halfWindow, joint, entropyWeight, mask } = choices;
  const at = (x: number[], image: number, row: number, column: number, cluster: number) => {
    if (row < 0 || row >= h || column < 0 || column >= w) return 0;
    const position = (image * h + row) * w + column;
    return x[position * k + cluster] * (mask?.[position] ?? 1);
  };
  const tables: number[][][] = [];
  for (let dr = -halfWindow; dr <= halfWindow; dr++) {
    for (let dc = -halfWindow; dc <= halfWindow; dc++) {
      const table = Array.from({ length: k }, () => Array<number>(k).fill(0));
      for (const i of images)
        for (let r = 0; r < h; r++)
          for (let c = 0; c < w; c++)
            for (let p = 0; p < k; p++)
              for (let q = 0; q < k; q++) table[p][q] += at(a, i, r, c, p) * at(b, i, r + dr, c + dc, q);
      tables.push(table);
    }
  }
  const pooled = tables[0].map((row, p) => row.map((_, q) => tables.reduce((sum, table) => sum + table[p][q], 0)));
  const informations = (joint === 'pooled' ? [pooled] : tables).map((table) => {
    const total = table.flat().reduce((sum, x) => sum + x, 0);
    const P = table.map((row, p) => row.map((_, q) => (table[p][q] + table[q][p]) / 2 / total));
    const marginal = P.map((row) => row.reduce((sum, x) => sum + x, 0));
    let sum = 0;
    for (let p = 0; p < k; p++)
      for (let q = 0; q < k; q++)
        sum += P[p][q] * (Math.log(P[p][q]) - entropyWeight * (Math.log(marginal[p]) + Math.log(marginal[q])));
    return sum;
  });
  const total = pooled.flat().reduce((sum, x) => sum + x, 0);
  return { total, value: informations.reduce((sum, x) => sum + x, 0) / informations.length };
}
