/** What an exported model says about itself: input, clusters, training, licence. Plain JSON, the same in every format. */
import type { ChannelStatistics, TargetSize } from '@autoregseg/data';
import { version } from '../../package.json';
import type { FeatureSpec } from '../features/feature-spec.js';
import type { LoadedRun } from '../inference/model.js';
import type { ClusterEdits } from '../run/cluster-edits.js';
import { describeSpec } from '../run/evaluate-run.js';
import type { RunManifest } from '../run/run-manifest.js';
import { DISTILLED_HEAD } from '../training/heads.js';

export interface ModelCard {
  /** The program and its version. */
  readonly generator: string;
  readonly method: string;
  readonly licence: string;
  readonly input: {
    readonly range: string;
    readonly bands: number;
    /** Of the training images, by band; the model applies them itself. */
    readonly statistics: ChannelStatistics;
    readonly normalisation: string;
    /** The size at which training saw images; masks are best at it. */
    readonly working: TargetSize;
    /** What makes the maps that the model takes in the place of images. */
    readonly features?: FeatureSpec;
  };
  readonly outputs: Readonly<Record<string, string>>;
  readonly clusters: readonly CardCluster[];
  /** The head that is exported, and how it was chosen; where its own clusters are merged, the one of `clusters` that each belongs to. */
  readonly head: { readonly name: string; readonly chosenBy: string; readonly groups?: readonly number[] };
  readonly training: {
    readonly images: number;
    readonly dataset: string;
    readonly steps: number;
    readonly seconds: number;
    readonly seed: number;
    readonly engine: string;
    readonly command: string;
    readonly startedAt: string;
    readonly configuration: object;
  };
}

export interface CardCluster {
  readonly id: number;
  readonly name: string;
  /** The cluster that it counts as. */
  readonly mergedInto?: number;
}

const UNSTATED_LICENCE = 'not stated: ask who trained the model, and look at the terms of the images it was trained on';

const METHODS = {
  ac: 'autoregressive clustering (Ouali, Hudelot, Tami, ECCV 2020), trained without labels',
  arl: 'autoregressive representation learning (Ouali, Hudelot, Tami, ECCV 2020) and K-means of its features, without labels',
} as const;

const OUTPUT_MEANINGS = {
  logits: 'of each cluster, at the size of the image: the softmax over clusters gives the network’s own output',
  probabilities:
    'of each cluster, made on the network’s grid and then interpolated: the largest is the cluster in the masks of `autoregseg predict`',
};

export function modelCard(
  { model, run, step, teacher }: LoadedRun,
  { manifest, edits, licence = UNSTATED_LICENCE }: { manifest: RunManifest; edits: ClusterEdits; licence?: string },
): ModelCard {
  return {
    generator: `autoregseg ${version}`,
    method: METHODS[run.config.method],
    licence,
    input: {
      range: run.features ? 'a feature map, as its maker gives it' : '0..1',
      ...(run.features && { features: run.features }),
      bands: run.channels,
      statistics: model.statistics,
      normalisation: 'inside the model: (x - mean) / std of each band',
      working: model.working,
    },
    outputs: OUTPUT_MEANINGS,
    clusters: cardClusters(edits, model.clusters),
    head: cardHead(model, teacher),
    training: {
      images: manifest.images,
      dataset: describeSpec(run.dataset),
      steps: step,
      seconds: manifest.seconds,
      seed: run.config.seed,
      engine: manifest.engine,
      command: manifest.command,
      startedAt: manifest.startedAt,
      configuration: run.config,
    },
  };
}

function cardHead({ head, groups }: LoadedRun['model'], teacher: LoadedRun['teacher']): ModelCard['head'] {
  if (head === DISTILLED_HEAD)
    return { name: head, chosenBy: `taught what eight orderings agree on by ${teacher!.head}` };
  if (!groups) return { name: head, chosenBy: 'where two orderings agree most beyond chance, without labels' };
  const chosenBy = 'overclusters merged by least information lost, without labels, or by a few clicks';
  return { name: head, chosenBy, groups: [...groups] };
}

function cardClusters({ names, merged }: ClusterEdits, clusters: number): CardCluster[] {
  return Array.from({ length: clusters }, (_, id) => ({
    id,
    name: names[id] ?? `cluster ${id}`,
    ...(id in merged && { mergedInto: merged[id] }),
  }));
}
