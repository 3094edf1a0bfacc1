/** The gauges of each step: metrics.jsonl, one JSON object a line. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { UserError } from '../errors.js';
import { writeFileAtomic } from './atomic-file.js';

export interface StepMetrics {
  readonly step: number;
  /** Why nothing was learned from the step's batch, whose numbers were none (null in the file); absent: it was. */
  readonly skipped?: string;
  /** Objective of the step, nats: minus the sum over heads of the (weighted) mutual information, plus the weighted contrast. */
  readonly loss: number;
  /** Mutual information of the best main head, nats; at most log K. */
  readonly information: number;
  /** exp(entropy) of the mean assignment of the best main head: K when all clusters are used alike, 1 at collapse. */
  readonly effectiveClusters: number;
  /** Share of positions whose most likely cluster is the same in both views, 0..1. */
  readonly agreement: number;
  readonly imagesPerSecond: number;
  /** Seconds of the step that were spent waiting for its images. */
  readonly dataSeconds: number;
  /** Tensors alive after the step; constant unless something leaks. */
  readonly tensors: number;
  readonly learningRate: number;
  /** Seconds since training began, over all resumes. */
  readonly seconds: number;
}

/** @throws UserError when the line can't be written, such as on a full disk; lines before it stay */
export function appendMetrics(path: string, metrics: StepMetrics): void {
  try {
    appendFileSync(path, `${JSON.stringify(metrics)}\n`);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}. Free space and go on with --resume.`);
  }
}

/** All whole lines; one that a crash cut short is left out. */
export function readMetrics(path: string): StepMetrics[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => parseRow(line) ?? []);
}

function parseRow(line: string): StepMetrics | undefined {
  try {
    const row = JSON.parse(line) as StepMetrics | null;
    return Number.isSafeInteger(row?.step) ? row! : undefined;
  } catch {
    return undefined;
  }
}

/** Drops the lines after `step`: a resumed run repeats those steps. */
export function truncateMetrics(path: string, step: number): void {
  const kept = readMetrics(path).filter((row) => row.step <= step);
  writeFileAtomic(path, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
}
