/**
 * All that a run report shows, as plain data: made by the trainer, `segment`, `evaluate` and `demo`, drawn by
 * `renderReport`.
 */
import type { RasterImage } from '@autoregseg/data';
import type { LegendCluster } from '../pictures/legend.js';

export interface RunReport {
  readonly title: string;
  readonly summary: RunSummary;
  readonly engine: ReportEngine;
  /** The configuration of the training; nested objects are shown as `outer.inner`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** One row a step, in order; empty before the first step. */
  readonly metrics: readonly MetricsRow[];
  /** Images to show; all are ranked by certainty, and at most 24 drawn (`selectExamples`). */
  readonly examples: readonly ReportExample[];
  /** One for each cluster 0..K-1, in order. */
  readonly clusters: readonly LegendCluster[];
  /** Where labels exist. */
  readonly evaluation?: ReportEvaluation;
  /** The command line that makes this run again. */
  readonly reproduce: string;
  /** Shown at the top: skipped files, a collapse, a fall-back engine. */
  readonly warnings: readonly string[];
}

export interface RunSummary {
  /** Name of the data set or folder. */
  readonly dataset: string;
  /** Images that the run was trained on. */
  readonly images: number;
  /** Images that the clusters' shares (and the scores, with labels) are counted on, and what they are. */
  readonly segmented: { readonly images: number; readonly description?: string };
  /** The method in words, as the subject of a sentence. @defaultValue 'Autoregressive clustering' */
  readonly method?: string;
  readonly status: 'running' | 'interrupted' | 'finished' | 'failed';
  /** Steps done, and wanted. */
  readonly steps: number;
  readonly plannedSteps: number;
  /** Time spent in training. */
  readonly trainingSeconds: number;
  readonly seed: number;
  /** The seeds whose runs this one was chosen from, where there were several. */
  readonly seeds?: readonly number[];
  /** ISO 8601 time at which the report was made. */
  readonly date?: string;
}

export interface ReportEngine {
  /** In words: `native TensorFlow 2.18 (CPU)`. */
  readonly name: string;
  /** In words: processor, cores, memory. */
  readonly hardware: string;
  /** Package or library -> version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A line of metrics.jsonl; what else that line holds is not shown. */
export interface MetricsRow {
  readonly step: number;
  /** nats */
  readonly loss: number;
  /** 1..K */
  readonly effectiveClusters: number;
  /** Share of positions that both views put in the same cluster, 0..1. */
  readonly agreement: number;
  readonly imagesPerSecond: number;
}

export interface ReportExample {
  readonly id: string;
  readonly image: RasterImage;
  /** [H * W] cluster of each pixel, negative where not valid. */
  readonly prediction: Int32Array;
  /** Mean probability of the chosen cluster, 0..1. */
  readonly certainty: number;
  /** [H, W, 1] share of pairs of orderings that put a pixel into different clusters, 0..1. */
  readonly disagreement?: RasterImage;
  /** [H * W] class of each pixel; what is outside of 0..classes-1 is ignored. */
  readonly label?: Int32Array;
}

export interface ReportEvaluation {
  /** At most 255. */
  readonly classes: readonly string[];
  /** [K] class of each cluster, -1 for none. */
  readonly matching: ArrayLike<number>;
  /** [K * classes] pixels, row = cluster. */
  readonly confusion: ArrayLike<number>;
  readonly scores: ReportScores;
  /** Every choice that moves the scores. */
  readonly protocol: Readonly<Record<string, unknown>>;
  /** Other methods on the same pixels, by the same protocol. */
  readonly baselines?: readonly { readonly name: string; readonly pixelAccuracy: number }[];
}

/** Shares 0..1; NaN where nothing can be said. */
export interface ReportScores {
  readonly pixelAccuracy: number;
  readonly meanIoU: number;
  readonly classAccuracy: number;
  /** [classes] */
  readonly iou: ArrayLike<number>;
}
