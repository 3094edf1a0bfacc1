/** A study: every cell in a process of its own, then one table of all that is done. */
import { join } from 'node:path';
import { writeFileAtomic } from '../run/atomic-file.js';
import { readPartitions } from './partitions.js';
import { runPool } from './pool.js';
import { readCell, type CellResult } from './run-cell.js';
import { cellName, studyCells, type Study } from './study-file.js';
import { summarize, type StudySummary } from './summary.js';
import { studyTable } from './table.js';

export interface StudyRequest {
  readonly study: Study;
  readonly out: string;
  readonly processes: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Arguments that make this program run one cell of this study. */
  readonly cellArguments: (name: string) => readonly string[];
  readonly onProgress?: (name: string, result: CellResult | undefined) => void;
}

export interface StudyOutcome extends StudySummary {
  readonly done: number;
  readonly cells: number;
  /** Cells that are not done: failed or stopped; their folders hold log.txt. */
  readonly missing: readonly string[];
}

/** Runs what is not done yet, and writes table.md and results.json into the study's folder. */
export async function runStudy(request: StudyRequest): Promise<StudyOutcome> {
  const { study, out, processes, threads, signal, cellArguments, onProgress } = request;
  const cells = studyCells(study);
  const open = cells.filter((cell) => readCell(out, cell) === undefined);
  const byName = new Map(cells.map((cell) => [cellName(cell), cell]));
  const tasks = open.map((cell) => {
    const name = cellName(cell);
    return { name, arguments: cellArguments(name), log: join(out, name, 'log.txt') };
  });
  const onDone = ({ name }: { readonly name: string }) => {
    onProgress?.(name, readCell(out, byName.get(name)!));
    writeTable(out, cells.map((cell) => readCell(out, cell)).filter(isDone));
  };
  await runPool(tasks, { processes, threads, signal, onDone });
  const results = cells.map((cell) => readCell(out, cell));
  const missing = cells.filter((_, i) => results[i] === undefined).map(cellName);
  const done = results.filter(isDone);
  return { ...writeTable(out, done), done: done.length, cells: cells.length, missing };
}

function isDone(result: CellResult | undefined): result is CellResult {
  return result !== undefined;
}

function writeTable(out: string, results: readonly CellResult[]): StudySummary {
  const summary = summarize(results, (cell) => readPartitions(join(out, cellName(cell))));
  writeFileAtomic(join(out, 'table.md'), studyTable(summary));
  writeFileAtomic(join(out, 'results.json'), `${JSON.stringify({ ...summary, results }, null, 2)}\n`);
  return summary;
}
