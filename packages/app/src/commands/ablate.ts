/** `autoregseg ablate`: one choice of the method changed at a time, from several seeds. */
import { Command, Option } from 'commander';
import { ABLATIONS, configOfVariant, variantsOf, type AblationAxis } from '../table/ablations.js';
import { trainedCell } from '../table/cell.js';
import { formatStatistic } from '../table/markdown.js';
import { runTable } from '../table/run-table.js';
import { printJson, printResult } from './console.js';
import { oneOf, wholeNumber, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';
import { withRecipe, type RecipeOptions } from './recipe.js';
import { sayCell, settingOf, withScoring, type ScoringOptions } from './scoring.js';
import { commandLine } from './train.js';

type AblateOptions = ScoringOptions &
  EngineOptions &
  JsonOptions &
  RecipeOptions & { readonly out: string; readonly seeds: number; readonly axes: readonly AblationAxis[] };

const AXES = Object.keys(ABLATIONS) as AblationAxis[];

export function ablateCommand(): Command {
  const command = new Command('ablate')
    .description(
      'Change one choice of the method at a time and score each variant, as `table` does: orderings, pairing, form of ' +
        'masking, attention, output stride, depth, T, joint, overclustering, augmentation, inference view and more. ' +
        'Started again, it goes on where it stopped.',
    )
    .requiredOption('--out <dir>', 'folder for the table and its cells')
    .option('--seeds <n>', 'how many seeds, counted from --seed', wholeNumber(1), 3)
    .addOption(
      new Option('--axes <names>', `of ${AXES.join(', ')}`)
        .argParser((value) => value.split(',').map((word) => oneOf(AXES)(word.trim())))
        .default(AXES, 'all'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  autoregseg ablate --dataset mosaic --score-split test --axes pairing,attention --steps 100 --out ablation',
    );
  return withJson(withEngine(withRecipe(withScoring(command)))).action(runAblate);
}

async function runAblate(options: AblateOptions): Promise<void> {
  const { out, seeds, axes, seed = 0, engine } = options;
  const setting = settingOf(options);
  const rows = await runTable({
    ...setting,
    lines: variantsOf(axes).map(({ title, variant }) => {
      const id = title.replaceAll(/[^\w.]+/g, '-');
      const config = configOfVariant(variant, setting.config);
      const make = (cellSeed: number) =>
        trainedCell({ method: id, title, config: { ...config, seed: cellSeed }, view: variant.view }, setting, out);
      return { id, title, make };
    }),
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
