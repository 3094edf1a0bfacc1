/**
 * Datasets by name: one plain object, in the words of the command line, opens any of them.
 *
 * Every fault of a specification is reported, not only the first.
 */
import { z } from 'zod';
import type { Dataset } from './dataset.js';
import { COCO_STUFF_FOLDERS, openCocoStuff, type CocoStuffSpec } from './coco-stuff.js';
import { openFolder } from './folder.js';
import { folderSchema, type FolderSpec } from './folder-spec.js';
import type { OpenOptions } from './indexed-dataset.js';
import { openMosaic, type MosaicSpec } from './mosaic.js';
import type { LabelMap } from './label-map.js';
import { nearestName } from './nearest-name.js';
import { openPotsdam, POTSDAM_SPLITS, type PotsdamSpec } from './potsdam.js';
import { openShards, type ShardsSpec } from './shards.js';

/** A dataset in the words of the command line: `dataset` names the kind, the other fields belong to it. */
export type DatasetSpec = MosaicSpec | FolderSpec | PotsdamSpec | CocoStuffSpec | ShardsSpec;

const root = z.string('the folder of the dataset').min(1);
const sides = z.tuple([z.int().min(1), z.int().min(1)]);

function potsdamSchema<Name extends PotsdamSpec['dataset']>(name: Name) {
  return z.strictObject({
    dataset: z.literal(name),
    root,
    split: z.enum(keysOf(POTSDAM_SPLITS)).optional(),
    size: sides.optional(),
    strict: z.boolean().optional(),
  });
}

function cocoStuffSchema<Name extends CocoStuffSpec['dataset']>(name: Name) {
  return z
    .strictObject({
      dataset: z.literal(name),
      root,
      split: z.enum(keysOf(COCO_STUFF_FOLDERS)).optional(),
      scale: z.number().positive().max(1).optional(),
      size: sides.optional(),
      centerCrop: sides.optional(),
      others: z.enum(['masked', 'kept']).optional(),
      strict: z.boolean().optional(),
    })
    .refine(({ scale, size }) => scale === undefined || size === undefined, {
      path: ['size'],
      message: 'says how large images become, and so does scale: give one of them',
    });
}

function keysOf<Key extends string>(object: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(object) as Key[];
}

/** Each kind by name: what its specification must look like, and what opens it. */
const kinds = {
  mosaic: kind(
    z.strictObject({
      dataset: z.literal('mosaic'),
      count: z.int().min(1).optional(),
      size: z.tuple([z.int().min(32), z.int().min(32)]).optional(),
      seed: z.int().optional(),
      split: z.enum(['train', 'test']).optional(),
      textureScale: z.union([z.literal(1), z.literal(2)]).optional(),
      textures: z.union([z.literal(3), z.literal(6)]).optional(),
    }),
    openMosaic,
  ),
  folder: kind(folderSchema, openFolder),
  shards: kind(
    z.strictObject({
      dataset: z.literal('shards'),
      shards: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)], 'archives, folders of them, or ranges'),
      labelMap: z
        .union([z.string().min(1), z.custom<LabelMap>((value) => typeof value === 'object' && value !== null)])
        .optional(),
      size: sides.optional(),
      longSide: z.int().min(1).optional(),
      strict: z.boolean().optional(),
    }),
    openShards,
  ),
  potsdam: kind(potsdamSchema('potsdam'), openPotsdam),
  potsdam3: kind(potsdamSchema('potsdam3'), openPotsdam),
  'coco-stuff': kind(cocoStuffSchema('coco-stuff'), openCocoStuff),
  'coco-stuff3': kind(cocoStuffSchema('coco-stuff3'), openCocoStuff),
};

/** The names that `openDataset` knows. */
export const DATASET_NAMES: readonly string[] = Object.keys(kinds);

/**
 * Opens a dataset. Nothing is decoded yet: samples are read one by one, as they are asked for.
 *
 * @throws RangeError when the name is unknown (the nearest known one is suggested) or fields are wrong (all of them named)
 * @example
 * const dataset = openDataset({ dataset: 'mosaic', count: 4 });
 * for await (const { id, image } of dataset) console.log(id, image.shape);
 */
export function openDataset(spec: DatasetSpec, options: OpenOptions = {}): Dataset {
  const name: unknown = spec?.dataset;
  if (typeof name !== 'string' || !Object.hasOwn(kinds, name)) {
    const known = `dataset must be one of ${DATASET_NAMES.join(', ')}, got ${JSON.stringify(name)}`;
    const nearest = typeof name === 'string' ? nearestName(name, DATASET_NAMES) : undefined;
    throw new RangeError(`openDataset: ${known}${nearest ? `; did you mean '${nearest}'?` : ''}`);
  }
  return kinds[name as keyof typeof kinds](spec, options);
}

function kind<Spec extends DatasetSpec>(schema: z.ZodType<Spec>, open: (spec: Spec, options: OpenOptions) => Dataset) {
  return (spec: unknown, options: OpenOptions): Dataset => {
    const checked = schema.safeParse(spec);
    if (checked.success) return open(checked.data, options);
    const faults = checked.error.issues.map((issue) => {
      const value = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], spec);
      const subject = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
      return `${subject}${issue.message}${issue.path.length > 0 ? `, got ${JSON.stringify(value)}` : ''}`;
    });
    throw new RangeError(`openDataset: ${faults.join('; ')}`);
  };
}
