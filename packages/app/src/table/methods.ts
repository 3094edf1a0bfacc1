/**
 * The rows of the table: methods, and what each trains.
 *
 * Trained methods share network, number of steps, batches and augmentation; they differ in what [1] is about.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import { BASELINES, type BaselineName } from '../baselines/baselines.js';
import type { TrainConfig } from '../training/config.js';

type TrainedMethod = 'iic' | 'ac' | 'arl' | 'ac-arl';
export type TableMethod = BaselineName | TrainedMethod;

const TRAINED: Readonly<Record<TrainedMethod, { readonly title: string; readonly changes: Partial<TrainConfig> }>> = {
  iic: {
    title: 'IIC: the same without masks',
    changes: { method: 'ac', contrastWeight: 0, pairing: 'unmasked' },
  },
  ac: { title: 'AC: clustering between orderings', changes: { method: 'ac', contrastWeight: 0 } },
  arl: { title: 'ARL: features between orderings, K-means', changes: { method: 'arl' } },
  'ac-arl': { title: 'AC beside the contrast of ARL', changes: { method: 'ac', contrastWeight: 1 } },
};

export const TABLE_METHODS: readonly TableMethod[] = ['kmeans', 'sift', 'random-cnn', 'iic', 'ac', 'arl', 'ac-arl'];

export function isTrained(method: TableMethod): method is TrainedMethod {
  return method in TRAINED;
}

export function titleOf(method: TableMethod): string {
  return isTrained(method) ? TRAINED[method].title : BASELINES[method].title;
}

/** The configuration of a trained method, from that of AC. */
export function configOfMethod(method: TrainedMethod, base: TrainConfig, seed: number): TrainConfig {
  return { ...base, ...TRAINED[method].changes, seed };
}
