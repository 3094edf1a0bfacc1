/** `autoregseg table`: every method of the paper's table that runs here, from several seeds, over one dataset. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CellWatch } from '../table/cell.js';
import { makeCell } from '../table/make-cell.js';
import { TABLE_METHODS, titleOf, type TableMethod } from '../table/methods.js';
import { oneOf, wholeNumber, withEngine, withJson } from './options.js';
import { withRecipe, type RecipeOptions } from './recipe.js';
import { runScoreTable, type ScoreTableOptions } from './score-table.js';
import { settingOf, shortened, withScoring, type ScoringOptions } from './scoring.js';

type TableOptions = ScoringOptions &
  RecipeOptions &
  ScoreTableOptions & {
    readonly methods: readonly TableMethod[];
  };

export function tableCommand(): Command {
  const command = new Command('table')
    .description(
      'Run every method from every seed over one dataset, and write the table of mean and standard deviation as ' +
        'Markdown, JSON and a page. Started again, it goes on where it stopped. To compare recipes of your own, over several ' +
        'datasets and in parallel, use `study`; to change one choice of the method at a time, `ablate`.',
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
  return withJson(withEngine(withRecipe(withScoring(command), 'quick'))).action(runTableCommand);
}

async function runTableCommand(options: TableOptions): Promise<void> {
  const setting = settingOf(options);
  const lines = options.methods.map((method) => ({
    id: method,
    title: titleOf(method),
    make: (seed: number, steps: number, watch: CellWatch) =>
      makeCell(method, seed, shortened(setting, steps), options.out, watch),
  }));
  await runScoreTable(lines, setting, options);
}

function methodList(value: string): TableMethod[] {
  const known = oneOf(TABLE_METHODS);
  const methods = value.split(',').map((word) => known(word.trim()));
  if (new Set(methods).size < methods.length) throw new InvalidArgumentError('Each method once.');
  return methods;
}
