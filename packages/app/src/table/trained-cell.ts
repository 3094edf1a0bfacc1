/**
 * A cell that trains: scored at each checkpoint, probed at the end.
 *
 * It lives in a run folder of its own; one that was stopped goes on from its newest checkpoint, scores so far included.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { featureExtractor } from '../inference/features.js';
import { loadRun } from '../inference/model.js';
import type { InferenceView } from '../inference/segmenter.js';
import { writeFileAtomic } from '../run/atomic-file.js';
import { readJsonFile } from '../run/json-file.js';
import { readMetrics } from '../run/metrics.js';
import type { TrainConfig } from '../training/config.js';
import { train } from '../training/train.js';
import { fingerprint, type Cell, type CellWatch, type CheckpointScore, type TableSetting } from './cell.js';
import { evaluateModel, openBoth, probeFeatures } from './score-model.js';

/** What a cell trains. */
export interface TrainedLine {
  readonly method: string;
  readonly title: string;
  readonly config: TrainConfig;
  /** @defaultValue 'unmasked' */
  readonly view?: InferenceView;
}

/** @returns undefined when the watch asked to stop */
export async function trainedCell(
  { method, title, config, view = 'unmasked' }: TrainedLine,
  setting: TableSetting,
  folder: string,
  { onStep, signal }: CellWatch = {},
): Promise<Cell | undefined> {
  const { seed } = config;
  const datasets = openBoth(setting);
  const out = join(folder, 'runs', `${method}-${seed}-${fingerprint(setting)}`);
  const scores = checkpointScores(out);
  const { status, manifest } = await train({
    dataset: setting.train,
    config,
    out,
    resume: true,
    command: `autoregseg table, ${title}, seed ${seed}`,
    signal,
    onStep,
    async onCheckpoint({ model, step, seconds }) {
      if (step === config.steps || scores.has(step)) return;
      const { pixelAccuracy, meanIoU } = await evaluateModel({ model, title, view, seed, step }, setting, datasets);
      scores.add({ step, seconds, pixelAccuracy, meanIoU });
    },
  });
  if (status === 'interrupted') return undefined;
  const { model, step } = loadRun(out);
  try {
    const evaluation = await evaluateModel({ model, title, view, seed, step }, setting, datasets);
    const { pixelAccuracy, meanIoU } = evaluation;
    scores.add({ step, seconds: manifest.seconds, pixelAccuracy, meanIoU });
    const probes = await probeFeatures(featureExtractor(model.network, model.statistics, view), seed, datasets);
    // The weights are the largest part, and nothing reads them any more.
    rmSync(join(out, 'checkpoints'), { recursive: true, force: true });
    return { method, seed, evaluation, checkpoints: withLosses(scores.all(), out), ...probes };
  } finally {
    model.network.dispose();
  }
}

type Scored = Omit<CheckpointScore, 'loss'>;

/** Kept beside the run, since its checkpoints are pushed out by newer ones. */
function checkpointScores(run: string) {
  const file = join(run, 'scored.json');
  const known = readJsonFile<Scored[]>(file) ?? [];
  return {
    has: (step: number) => known.some((each) => each.step === step),
    add(score: Scored) {
      if (!known.some((each) => each.step === score.step)) known.push(score);
      writeFileAtomic(file, JSON.stringify(known));
    },
    all: (): readonly Scored[] => known,
  };
}

/** Each with the mean loss since the one before. */
function withLosses(scores: readonly Scored[], run: string): CheckpointScore[] {
  const metrics = readMetrics(join(run, 'metrics.jsonl'));
  return scores.map((score, index) => {
    const from = index === 0 ? 0 : scores[index - 1].step;
    const own = metrics.filter(({ step, skipped }) => step > from && step <= score.step && skipped === undefined);
    const losses = own.map(({ loss }) => loss);
    return { ...score, loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length };
  });
}
