/** What `table` and `ablate` do alike: make the cells with progress, stop on Ctrl-C, and say what came out. */
import type { TableSetting } from '../table/cell.js';
import { formatStatistic } from '../table/columns.js';
import { runTable, type RunnableLine } from '../table/run-table.js';
import { describeStep, printJson, printResult, say, startProgress, type Progress } from './console.js';
import { onInterrupt } from './interrupt.js';
import type { EngineOptions, JsonOptions } from './options.js';
import { commandLine } from './train.js';

export interface ScoreTableOptions extends EngineOptions, JsonOptions {
  readonly out: string;
  readonly seeds: number;
  readonly seed?: number;
  readonly equalSeconds?: boolean;
}

export async function runScoreTable(
  lines: readonly RunnableLine[],
  setting: TableSetting,
  { out, seeds, seed = 0, engine, equalSeconds, json }: ScoreTableOptions,
): Promise<void> {
  const interrupt = onInterrupt();
  let progress: Progress | undefined;
  const rows = await runTable({
    ...setting,
    lines,
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
    out,
    engine,
    equalSeconds,
    command: commandLine(),
    signal: interrupt.signal,
    onCell(title, cellSeed, steps) {
      progress?.stop();
      say(`seed ${cellSeed}: ${title}${steps < setting.config.steps ? `, ${steps} steps` : ''}`);
      const bar = { shown: undefined as Progress | undefined };
      return {
        onStep(metrics) {
          bar.shown ??= progress = startProgress('training', steps, metrics.step - 1);
          bar.shown.update(metrics.step, describeStep(metrics));
        },
      };
    },
  }).finally(() => {
    progress?.stop();
    interrupt.release();
  });
  const stopped = interrupt.signal.aborted;
  if (stopped) {
    say('stopped; the same command goes on from there');
    process.exitCode = 130;
  }
  if (json) {
    printJson({ out, finished: !stopped, rows });
    return;
  }
  for (const row of rows) printResult(`${row.title}: ${formatStatistic(row.last, 100)} %`);
  printResult(`look at ${out}/table.html; ${out}/table.md is for documents`);
}
