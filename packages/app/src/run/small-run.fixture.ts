/** A run's folder as training leaves it, with a tiny network that was never trained: for tests of what reads runs. */
import { mkdirSync } from 'node:fs';
import type { DatasetSpec } from '@autoregseg/data';
import type { Network } from '@autoregseg/orderings';
import { resolveConfig, type TrainConfigInput } from '../training/config.js';
import { networkOf } from '../training/run-network.js';
import type { MergedOverclusters } from '../training/session-state.js';
import type { RunManifest } from './run-manifest.js';
import { writeCheckpoint } from './checkpoint.js';
import { describeMachine } from './machine.js';
import type { RunConfig } from './run-config.js';
import { writeRunFile } from './run-folder.js';

export interface SmallRunOptions {
  readonly changes?: Partial<TrainConfigInput>;
  readonly dataset?: DatasetSpec;
  /** Bands of its images. @defaultValue 3 */
  readonly channels?: number;
  /** Overclusters that training merged, to segment with. @defaultValue a main head segments */
  readonly merged?: MergedOverclusters;
  /** The head that training distilled; the distilled one segments. */
  readonly distilled?: string;
  /** Changes the network before it is saved. */
  readonly prepare?: (network: Network) => void;
}

export const SMALL_RUN_STATISTICS = { mean: [0.4, 0.5, 0.3], std: [0.2, 0.25, 0.3] };

/** Its second main head is the one with the most information. */
export function writeSmallRun(path: string, options: SmallRunOptions = {}): RunConfig {
  const { changes, merged, distilled, prepare, channels = 3 } = options;
  const { dataset = { dataset: 'mosaic', count: 3, size: [32, 40] } } = options;
  const config = resolveConfig('default', {
    clusters: 3,
    mainHeads: 2,
    overclusters: 4,
    network: { stemChannels: 4, outputStride: 4, blocks: 2, contextSize: 0 },
    steps: 7,
    ...changes,
  });
  const run: RunConfig = {
    config,
    dataset,
    statistics: statisticsOf(channels),
    channels,
    working: { size: [32, 40] },
  };
  const network = networkOf(config, run.channels);
  prepare?.(network);
  const weights = Object.entries(network.save().weights).map(([name, weight]) => [`network.${name}`, weight] as const);
  network.dispose();
  mkdirSync(path, { recursive: true });
  writeRunFile(path, 'config.json', run);
  writeRunFile(path, 'manifest.json', MANIFEST);
  const state = { optimizerStep: 7, information: [0.1, 0.6], fitted: true, seconds: 12, merged, distilled };
  writeCheckpoint(path, { step: 7, tensors: Object.fromEntries(weights), state });
  return run;
}

/** SMALL_RUN_STATISTICS, over again for further bands. */
function statisticsOf(channels: number) {
  const [mean, std] = [SMALL_RUN_STATISTICS.mean, SMALL_RUN_STATISTICS.std].map((values) =>
    Array.from({ length: channels }, (_, band) => values[band % values.length]),
  );
  return { mean, std };
}

const MANIFEST: RunManifest = {
  status: 'finished',
  step: 7,
  seconds: 12,
  dataShare: 0,
  head: 'main1',
  engine: 'none',
  machine: describeMachine(),
  command: 'autoregseg train --dataset mosaic',
  images: 3,
  startedAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:12.000Z',
  warnings: [],
};
