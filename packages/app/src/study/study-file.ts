/**
 * What a study asks for: recipes x datasets x seeds, in one JSON file.
 *
 *   { "recipes":  { "default": {}, "iic": { "pairing": "same" } },
 *     "datasets": { "mosaics": { "train": { "dataset": "mosaic" }, "test": { "dataset": "mosaic", "split": "test" } } },
 *     "seeds": [0, 1, 2],
 *     "checkpoints": 3 }
 *
 * A recipe is what it changes of the preset "default", or of the one that it names. A text that begins with `$NAME/`
 * begins with that environment variable.
 */
import { readFileSync } from 'node:fs';
import { DATASET_NAMES, type DatasetSpec } from '@autoregseg/data';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { PRESETS, type PresetName, type TrainConfigInput } from '../training/config.js';

const presets = Object.keys(PRESETS) as [PresetName, ...PresetName[]];
const name = z.string().regex(/^[\w.+-]+$/, 'letters, digits, and . _ + - only, since it names a folder');
const spec = z.custom<DatasetSpec>(
  (value) => DATASET_NAMES.includes((value as DatasetSpec | undefined)?.dataset ?? ''),
  `a dataset, {"dataset": ${DATASET_NAMES.join(' | ')}, ...}`,
);

const studySchema = z.strictObject({
  recipes: z.record(name, z.looseObject({ preset: z.enum(presets).default('default') })),
  datasets: z.record(
    name,
    z.strictObject({
      train: spec,
      /** One labelled set, or several of the same classes whose pixels are counted together. */
      test: z.union([spec, z.array(spec).min(1)]),
      /** @defaultValue as many as the test set has classes */
      clusters: z.number().int().min(2).optional(),
    }),
  ),
  seeds: z.array(z.number().int().min(0)).min(1),
  /** How often in a run it is scored, the last time at its end. */
  checkpoints: z.number().int().min(1).default(1),
});

export interface StudyDataset {
  readonly train: DatasetSpec;
  readonly test: readonly DatasetSpec[];
  readonly clusters?: number;
}

export interface Study {
  readonly recipes: Readonly<
    Record<string, { readonly preset: PresetName; readonly changes: Partial<TrainConfigInput> }>
  >;
  readonly datasets: Readonly<Record<string, StudyDataset>>;
  readonly seeds: readonly number[];
  readonly checkpoints: number;
}

/** One run of a study. */
export interface StudyCell {
  readonly dataset: string;
  readonly recipe: string;
  readonly seed: number;
}

/** @throws UserError that names every fault of the file */
export function readStudy(file: string): Study {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) => expanded(value));
  } catch (error) {
    throw new UserError(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  const parsed = studySchema.safeParse(content);
  if (!parsed.success) throw new UserError(`${file} is no study:\n${z.prettifyError(parsed.error)}`);
  const { recipes, datasets, seeds, checkpoints } = parsed.data;
  return {
    recipes: mapValues(recipes, ({ preset, ...changes }) => ({ preset, changes })),
    datasets: mapValues(datasets, ({ test, ...rest }) => ({ ...rest, test: Array.isArray(test) ? test : [test] })),
    seeds,
    checkpoints,
  };
}

/** Every cell, seeds outermost, so that a study that is stopped has something of everything. */
export function studyCells({ recipes, datasets, seeds }: Study): StudyCell[] {
  return seeds.flatMap((seed) =>
    Object.keys(datasets).flatMap((dataset) => Object.keys(recipes).map((recipe) => ({ dataset, recipe, seed }))),
  );
}

/** @example cellName({ dataset: 'mosaics', recipe: 'default', seed: 0 }) // 'mosaics/default/seed-0' */
export function cellName({ dataset, recipe, seed }: StudyCell): string {
  return `${dataset}/${recipe}/seed-${seed}`;
}

function expanded(value: unknown): unknown {
  const match = typeof value === 'string' ? /^\$([A-Z_]+)\//.exec(value) : null;
  if (match === null) return value;
  const root = process.env[match[1]];
  if (root === undefined) throw new Error(`the environment has no ${match[1]}, which ${String(value)} begins with`);
  return root + (value as string).slice(match[0].length - 1);
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
