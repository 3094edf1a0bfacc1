/**
 * The hyperparameters of [1], by data set, and where each is known from.
 *
 * The paper's text was not at hand. Learning rates, T, image sizes and "two orderings drawn at random, no masks at the end"
 * are recalled from it; batch sizes, output strides, places of attention and the length (20 epochs) are those of its one
 * public reimplementation [2], whose author could not reach the published accuracy with them. For ARL nothing but the
 * principle is known: size of projection, temperature and negatives are ours.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] github.com/Max-Manning/autoregunsupseg
 */

/** The method with nothing added: orderings alone, one head, no normalisation in the masked part, T = 10. */
const PLAIN = {
  mainHeads: 1,
  overclusters: 0,
  pairing: 'independent',
  comparisonStride: 1,
  halfWindow: 10,
  lightGroups: 1,
  jitter: 0,
  flip: false,
  warmupSteps: 0,
  decay: 'none',
} as const;

const NETWORK = { stemChannels: 64, outputStride: 4, blocks: 2, normalization: 'none' } as const;

const POTSDAM = { ...PLAIN, crop: [200, 200] as [number, number], learningRate: 1e-6 } as const;
const COCO_STUFF = { ...PLAIN, crop: [128, 128] as [number, number], batchSize: 30, network: NETWORK } as const;

const POTSDAM_3 = { ...POTSDAM, clusters: 3, batchSize: 20, steps: 8550, network: NETWORK } as const;
const POTSDAM_6 = {
  ...POTSDAM,
  clusters: 6,
  batchSize: 10,
  steps: 17_100,
  network: { ...NETWORK, attention: [1] as number[] },
} as const;
const COCO_STUFF_3 = { ...COCO_STUFF, clusters: 3, learningRate: 4e-5, steps: 24_440 } as const;
const COCO_STUFF_15 = { ...COCO_STUFF, clusters: 15, learningRate: 6e-6, steps: 34_536 } as const;

const ARL = { method: 'arl', projection: 64, temperature: 0.1, negatives: 1024 } as const;

export const PAPER_PRESETS = {
  /** Any data set: output stride 2, COCO-Stuff-3's learning rate. */
  paper: {
    ...PLAIN,
    network: { ...NETWORK, outputStride: 2 },
    crop: [128, 128] as [number, number],
    learningRate: 4e-5,
  },
  'ac-potsdam3': POTSDAM_3,
  'ac-potsdam': POTSDAM_6,
  'ac-coco-stuff3': COCO_STUFF_3,
  'ac-coco-stuff': COCO_STUFF_15,
  'arl-potsdam3': { ...POTSDAM_3, ...ARL },
  'arl-potsdam': { ...POTSDAM_6, ...ARL },
  'arl-coco-stuff3': { ...COCO_STUFF_3, ...ARL },
  'arl-coco-stuff': { ...COCO_STUFF_15, ...ARL },
} as const;

/** Bands of the images that a preset is for: Potsdam has infrared beside red, green and blue. */
export function presetChannels(preset: string): number {
  return preset.includes('potsdam') ? 4 : 3;
}
