/** `autoregseg ablate`: one choice of the method changed at a time, from several seeds. */
import { Command, Option } from 'commander';
import { ABLATIONS, configOfVariant, crossedVariants, variantsOf, type AblationAxis } from '../table/ablations.js';
import type { CellWatch } from '../table/cell.js';
import { trainedCell } from '../table/trained-cell.js';
import { oneOf, wholeNumber, withEngine, withJson } from './options.js';
import { withRecipe, type RecipeOptions } from './recipe.js';
import { runScoreTable, type ScoreTableOptions } from './score-table.js';
import { settingOf, shortened, withScoring, type ScoringOptions } from './scoring.js';

type AblateOptions = ScoringOptions &
  RecipeOptions &
  ScoreTableOptions & { readonly axes: readonly AblationAxis[]; readonly cross?: boolean };

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
    .option('--cross', 'every combination of the axes instead of one choice at a time')
    .addHelpText(
      'after',
      '\nExample:\n  autoregseg ablate --dataset mosaic --score-split test --axes pairing,attention --steps 100 --out ablation',
    );
  return withJson(withEngine(withRecipe(withScoring(command), 'quick'))).action(runAblate);
}

async function runAblate(options: AblateOptions): Promise<void> {
  const setting = settingOf(options);
  const variants = options.cross ? crossedVariants(options.axes) : variantsOf(options.axes);
  const ids = new Map<string, string>();
  const lines = variants.map(({ title, variant }) => {
    const config = configOfVariant(variant, setting.config);
    // What every axis has in common, the method unchanged, is trained once.
    const choices = JSON.stringify([config, variant.view ?? 'unmasked']);
    const id = ids.get(choices) ?? title.replaceAll(/[^\w.]+/g, '-');
    ids.set(choices, id);
    const make = (seed: number, steps: number, watch: CellWatch) => {
      const own = shortened({ ...setting, config: { ...config, seed } }, steps);
      const line = { method: id, title, config: own.config, view: variant.view };
      return trainedCell(line, shortened(setting, steps), options.out, watch);
    };
    return { id, title, make };
  });
  await runScoreTable(lines, setting, options);
}
