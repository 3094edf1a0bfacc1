/** One cell of the table: one method from one seed. */
import { createHash } from 'node:crypto';
import type { DatasetSpec } from '@autoregseg/data';
import type { Evaluation } from '@autoregseg/evaluation';
import type { StepMetrics } from '../run/metrics.js';
import type { TrainConfig } from '../training/config.js';
import type { ScoringProtocol } from './protocols.js';

/** What all cells of a table have in common. */
export interface TableSetting {
  readonly train: DatasetSpec;
  /** Images that are scored; the training images themselves where the protocol says so. */
  readonly score: DatasetSpec;
  readonly protocol: ScoringProtocol;
  /** Of AC; the seed is each cell's own. */
  readonly config: TrainConfig;
}

/** The scores of a network on its way. */
export interface CheckpointScore {
  readonly step: number;
  /** Of training, without the scoring. */
  readonly seconds: number;
  /** Mean over the steps since the checkpoint before. */
  readonly loss: number;
  readonly pixelAccuracy: number;
  readonly meanIoU: number;
}

export interface Cell {
  /** Id of the line that it belongs to. */
  readonly method: string;
  readonly seed: number;
  /** Of the last checkpoint. */
  readonly evaluation: Evaluation;
  /** Ascending; empty where nothing is trained. */
  readonly checkpoints: readonly CheckpointScore[];
  /** Pixel accuracy of probes of the features, where there is a network. */
  readonly linearProbe?: number;
  readonly nonLinearProbe?: number;
}

/** Who looks on while a cell is made. */
export interface CellWatch {
  readonly onStep?: (metrics: StepMetrics, steps: number) => void;
  /** Aborted by Ctrl-C: a training leaves a checkpoint, and the cell is undefined. */
  readonly signal?: AbortSignal;
}

/** Names a setting, so that cells and runs of another one are not taken for this one's. */
export function fingerprint({ train, score, protocol, config }: TableSetting): string {
  const { seed: _, ...choices } = config;
  const text = JSON.stringify([train, score, protocol.name, choices]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
