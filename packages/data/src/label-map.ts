/** Label maps: which number in a label file means which class. Numbers that are not named are ignored. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { IGNORE_ID } from './dataset.js';

/**
 * `{ "classes": ["sky", "ground"], "map": { "0": 0, "3": 1, "4": 1 } }`: value in the file -> place in `classes`.
 */
export interface LabelMap {
  readonly classes: readonly string[];
  readonly map: Readonly<Record<string, number>>;
}

const schema = z
  .strictObject({
    // Class 255 would be the ignored one.
    classes: z.array(z.string()).min(1).max(IGNORE_ID),
    map: z.record(z.string(), z.int().min(0)),
  })
  .superRefine(({ classes, map }, context) => {
    for (const [id, index] of Object.entries(map)) {
      if (!/^\d+$/.test(id)) {
        context.addIssue({ code: 'custom', path: ['map', id], message: 'ids are whole numbers, written as text' });
      }
      if (index >= classes.length) {
        context.addIssue({ code: 'custom', path: ['map', id], message: `class ${index} of only ${classes.length}` });
      }
    }
    if (Object.keys(map).length === 0) context.addIssue({ code: 'custom', path: ['map'], message: 'names no id' });
  });

/**
 * @param source - a map, or the path of a JSON file that holds one
 * @throws RangeError naming the file and everything wrong with it
 */
export function readLabelMap(source: string | LabelMap): LabelMap {
  const name = typeof source === 'string' ? `label map '${source}'` : 'label map';
  const checked = schema.safeParse(typeof source === 'string' ? parseFile(name, source) : source);
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map(({ path, message }) => [...path.slice(0, 2), message].join(': '));
  throw new RangeError(`${name}: ${faults.join('; ')}`);
}

/** ids -> classes, ignoreId for every id that the map does not name. */
export function applyLabelMap(ids: Int32Array, { map }: LabelMap): Int32Array {
  const classOf = new Map(Object.entries(map).map(([id, index]) => [Number(id), index]));
  return ids.map((id) => classOf.get(id) ?? IGNORE_ID);
}

function parseFile(name: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new RangeError(`${name}: ${(error as Error).message}`);
  }
}
