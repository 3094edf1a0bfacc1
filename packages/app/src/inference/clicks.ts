/** A few labelled positions that a person gives: a CSV file with the columns image, x, y and class. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { clusterName } from '../run/cluster-edits.js';

export interface Click {
  /** Id of an image of the run's dataset: its file name, with or without the extension. */
  readonly image: string;
  /** Column and row of the pixel, from 0, in the image's own size. */
  readonly x: number;
  readonly y: number;
  readonly class: string;
}

const pixel = z.coerce.number().int().min(0);
const schema = z.object({
  image: z.string().min(1),
  x: pixel,
  y: pixel,
  class: clusterName,
});

/**
 * The clicks of a file, in its order.
 *
 * @throws UserError that names the file, the line and what is wrong with it
 */
export function readClicks(file: string): Click[] {
  const clicks = rowsOf(file).map(({ record, info }) => {
    const parsed = schema.safeParse(record);
    if (parsed.success) return parsed.data;
    throw new UserError(`${file}, line ${info.lines}: ${z.prettifyError(parsed.error)}. ${COLUMNS}`);
  });
  if (new Set(clicks.map((click) => click.class)).size < 2) {
    throw new UserError(
      `${file} must name at least two classes, got ${clicks.length} clicks of one or none. ${COLUMNS}`,
    );
  }
  return clicks;
}

const COLUMNS = 'A line has image,x,y,class, and the first one these four words';

function rowsOf(file: string): { readonly record: unknown; readonly info: { readonly lines: number } }[] {
  try {
    // The types of `info: true` are not told to callers.
    return parse(readFileSync(file, 'utf8'), {
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as ReturnType<typeof rowsOf>;
  } catch (error) {
    throw new UserError(`${file} cannot be read as CSV: ${(error as Error).message}. ${COLUMNS}.`);
  }
}
