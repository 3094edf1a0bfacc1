/** `autoregseg study`: a grid of recipes x datasets x seeds, and one table of what came out. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { runCell } from '../study/run-cell.js';
import { cellName, readStudy, studyCells, type Study } from '../study/study-file.js';
import { runStudy } from '../study/study.js';
import { studyTable } from '../study/table.js';
import { percent, printJson, printResult, say } from './console.js';
import { onInterrupt } from './interrupt.js';
import { wholeNumber, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

type StudyOptions = EngineOptions &
  JsonOptions & {
    readonly out: string;
    readonly processes: number;
    readonly threads: number;
    readonly cell?: string;
  };

export function studyCommand(): Command {
  const command = new Command('study')
    .description(
      'Train and score a grid of recipes, datasets and seeds in parallel; what is done already is not done again. To set ' +
        "the paper's methods side by side on one dataset, use `table`; to change one choice of the method at a time, `ablate`.",
    )
    .argument('<file>', 'JSON: recipes, datasets, seeds (docs/studies.md)')
    .requiredOption('--out <dir>', 'folder of the runs and of table.md')
    .option('--processes <n>', 'runs at a time', wholeNumber(1), availableParallelism())
    .option('--threads <n>', 'compute threads of each run; as published: 1', wholeNumber(1), 1)
    .addOption(new Option('--cell <name>', 'run this one, in this process').hideHelp())
    .addHelpText('after', '\nExample:\n  autoregseg study docs/examples/study-demo.json --out ./study');
  return withJson(withEngine(command)).action(runStudyCommand);
}

async function runStudyCommand(file: string, options: StudyOptions): Promise<void> {
  const { out, processes, threads, engine, cell } = options;
  const study = readStudy(file);
  mkdirSync(out, { recursive: true });
  const interrupt = onInterrupt();
  try {
    if (cell !== undefined) return await runOne(study, cell, options, interrupt.signal);
    const total = studyCells(study).length;
    let finished = 0;
    const outcome = await runStudy({
      study,
      out,
      processes,
      threads,
      signal: interrupt.signal,
      cellArguments: (name) => ['study', file, '--out', out, '--engine', engine, '--cell', name],
      onProgress(name, result) {
        const last = result?.checkpoints.at(-1);
        const note = last
          ? `accuracy ${percent(last.heads[last.head].unmasked.oneToOne)}`
          : 'not done, see its log.txt';
        say(`${++finished} ran of ${total} cells  ${name}  ${note}`);
      },
    });
    if (options.json) printJson(outcome);
    else printResult(studyTable(outcome));
    if (outcome.missing.length > 0) {
      say(`not done: ${outcome.missing.join(', ')}; the same command goes on`);
      process.exitCode = interrupt.signal.aborted ? 130 : 1;
    }
  } finally {
    interrupt.release();
  }
}

async function runOne(study: Study, name: string, { out, engine }: StudyOptions, signal: AbortSignal): Promise<void> {
  const cell = studyCells(study).find((each) => cellName(each) === name);
  if (!cell) throw new UsageError(`--cell ${name} is none of the study's.`);
  const result = await runCell(study, cell, out, { engine, signal });
  if (!result) process.exitCode = 130;
}
