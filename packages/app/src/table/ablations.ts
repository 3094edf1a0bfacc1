/**
 * One choice of the method changed at a time: what each axis of [1], and of what was added to it here, is worth.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import { RASTER_ORDERINGS } from '@autoregseg/orderings';
import type { InferenceView } from '../inference/segmenter.js';
import type { TrainConfig } from '../training/config.js';

/** What a variant changes of the configuration that all share. */
export interface Variant {
  readonly changes?: Omit<Partial<TrainConfig>, 'network'>;
  readonly network?: Partial<TrainConfig['network']>;
  readonly view?: InferenceView;
}

const raster = RASTER_ORDERINGS.map(({ name }) => name);

export const ABLATIONS = {
  orderings: {
    'two opposite': { changes: { orderings: ['top-left-row', 'bottom-right-row'] } },
    'four rows': { changes: { orderings: raster.filter((name) => name.endsWith('row')) } },
    'eight rasters': { changes: { orderings: raster } },
    'with S-curves': {
      changes: {
        orderings: ['top-left-row', 'bottom-right-column', 's-curve-top-left-row', 's-curve-bottom-right-row'],
      },
      network: { form: 'centered' },
    },
  },
  pairing: Object.fromEntries(
    (['distinct', 'independent', 'opposite', 'same', 'unmasked'] as const).map((pairing) => [
      pairing,
      { changes: { pairing } },
    ]),
  ),
  form: { shifted: { network: { form: 'shifted' } }, centered: { network: { form: 'centered' } } },
  attention: {
    none: { network: { attention: [] } },
    'after block 1': { network: { attention: [1] } },
  },
  context: { none: { network: { contextSize: 0 } }, 'of 7': { network: { contextSize: 7 } } },
  'output-stride': { 2: { network: { outputStride: 2 } }, 4: { network: { outputStride: 4 } } },
  edges: { none: { network: { edges: false } }, 'two channels': { network: { edges: true } } },
  depth: Object.fromEntries([1, 2, 3].map((blocks) => [`${blocks} blocks`, { network: { blocks } }])),
  'half-window': Object.fromEntries(
    [0, 3, 6, 10].map((halfWindow) => [`T = ${halfWindow}`, { changes: { halfWindow } }]),
  ),
  joint: {
    pooled: { changes: { joint: 'pooled' } },
    'per displacement': { changes: { joint: 'per-displacement', halfWindow: 2 } },
    'pooled, T = 2': { changes: { joint: 'pooled', halfWindow: 2 } },
  },
  overclustering: {
    none: { changes: { overclusters: 0 } },
    '12, joint': { changes: { overclusters: 12, headTraining: 'joint' } },
    '12, alternate': { changes: { overclusters: 12, headTraining: 'alternate' } },
    '24, joint': { changes: { overclusters: 24 } },
  },
  'light-groups': {
    'all together': { changes: { lightGroups: 1 } },
    three: { changes: { lightGroups: 3 } },
  },
  contrast: { none: { changes: { contrastWeight: 0 } }, 'of features': { changes: { contrastWeight: 1 } } },
  augmentation: {
    none: { changes: { jitter: 0, flip: false, viewCrop: 1 } },
    jitter: { changes: { jitter: 0.3, flip: false, viewCrop: 1 } },
    flips: { changes: { jitter: 0, flip: true, viewCrop: 1 } },
    'jitter and flips': { changes: { jitter: 0.3, flip: true, viewCrop: 1 } },
    'jitter, flips and windows': { changes: { jitter: 0.3, flip: true, viewCrop: 0.6 } },
  },
  dropout: { none: { network: { dropout: 0 } }, '0.1': { network: { dropout: 0.1 } } },
  normalization: { none: { network: { normalization: 'none' } }, batch: { network: { normalization: 'batch' } } },
  'inference-view': { unmasked: { view: 'unmasked' }, average: { view: 'average' } },
} as const satisfies Record<string, Readonly<Record<string, Variant>>>;

export type AblationAxis = keyof typeof ABLATIONS;

export interface NamedVariant {
  /** The choice it makes on each axis, such as 'pairing: opposite'. */
  readonly title: string;
  readonly variant: Variant;
}

/** Each choice of each axis, all else unchanged. */
export function variantsOf(axes: readonly AblationAxis[]): NamedVariant[] {
  return axes.flatMap((axis) =>
    Object.entries<Variant>(ABLATIONS[axis]).map(([name, variant]) => ({ title: `${axis}: ${name}`, variant })),
  );
}

/** Each combination of the axes' choices; where two set the same field, the later axis does. */
export function crossedVariants(axes: readonly AblationAxis[]): NamedVariant[] {
  return axes
    .map((axis) => variantsOf([axis]))
    .reduce((grid, choices) => grid.flatMap((one) => choices.map((other) => combined(one, other))));
}

function combined(one: NamedVariant, other: NamedVariant): NamedVariant {
  const [a, b] = [one.variant, other.variant];
  return {
    title: `${one.title}, ${other.title}`,
    variant: {
      changes: { ...a.changes, ...b.changes },
      network: { ...a.network, ...b.network },
      view: b.view ?? a.view,
    },
  };
}

/** The configuration of a variant. */
export function configOfVariant({ changes, network }: Variant, base: TrainConfig): TrainConfig {
  return { ...base, ...changes, network: { ...base.network, ...network } };
}
