/** `autoregseg table`: every method of the paper's table that runs here, from several seeds, over one dataset. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { makeCell } from '../table/cell.js';
import { TABLE_METHODS, titleOf, type TableMethod } from '../table/methods.js';
import { runTable } from '../table/run-table.js';
import { formatStatistic } from '../table/markdown.js';
import { printJson, printResult } from './console.js';
import { oneOf, wholeNumber, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';
import { withRecipe, type RecipeOptions } from './recipe.js';
import { sayCell, settingOf, withScoring, type ScoringOptions } from './scoring.js';
import { commandLine } from './train.js';

type TableOptions = ScoringOptions &
  EngineOptions &
  JsonOptions &
  RecipeOptions & {
    readonly out: string;
    readonly seeds: number;
    readonly methods: readonly TableMethod[];
  };

export function tableCommand(): Command {
  const command = new Command('table')
    .description(
      'Run every method from every seed over one dataset, and write the table of mean and standard deviation as ' +
        'Markdown, JSON and a page. Started again, it goes on where it stopped.',
    )
    .requiredOption('--out <dir>', 'folder for the table and its cells')
    .option('--seeds <n>', 'how many seeds, counted from --seed', wholeNumber(1), 5)
    .addOption(
      new Option('--methods <names>', `of ${TABLE_METHODS.join(', ')}`)
        .argParser(methodList)
        .default(TABLE_METHODS, 'all'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  autoregseg table --dataset mosaic --score-split test --seeds 5 --steps 200 --out table',
    );
  return withJson(withEngine(withRecipe(withScoring(command)))).action(runTableCommand);
}

async function runTableCommand(options: TableOptions): Promise<void> {
  const { out, seeds, methods, seed = 0, engine } = options;
  const setting = settingOf(options);
  const rows = await runTable({
    ...setting,
    lines: methods.map((method) => ({
      id: method,
      title: titleOf(method),
      make: (cellSeed) => makeCell(method, cellSeed, setting, out),
    })),
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
    out,
    engine,
    command: commandLine(),
    onCell: sayCell,
  });
  if (options.json) {
    printJson({ out, rows });
    return;
  }
  for (const row of rows) printResult(`${row.title}: ${formatStatistic(row.last, 100)} %`);
  printResult(`look at ${out}/table.html; ${out}/table.md is for documents`);
}

function methodList(value: string): TableMethod[] {
  const known = oneOf(TABLE_METHODS);
  const methods = value.split(',').map((word) => known(word.trim()));
  if (new Set(methods).size < methods.length) throw new InvalidArgumentError('Each method once.');
  return methods;
}
