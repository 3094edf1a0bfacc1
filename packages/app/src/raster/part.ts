/**
 * What one process has computed of a raster: deflated tiles one after another, and a journal that says which.
 *
 *   ID.parts/0-of-4.tiles    the tiles' bytes
 *   ID.parts/0-of-4.jsonl    what they are of (first line), then a line for each block that is safely on disk
 *
 * A block's tiles are synced before its line is written. So a process that was killed leaves whole blocks, and perhaps
 * bytes after the last of them, which the next one cuts off.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { writeFileAtomic } from '../run/atomic-file.js';

/** A line of the journal. */
export interface DoneBlock {
  readonly block: number;
  /** Pixels of each cluster, valid ones only. */
  readonly pixels: readonly number[];
  /** Tile of the raster, and bytes that it takes; in the order they were written. */
  readonly tiles: readonly (readonly [tile: number, bytes: number])[];
}

/** What must be equal for parts to belong together; plain JSON. */
export type PartSubject = Readonly<Record<string, unknown>>;

export interface Part {
  readonly subject: PartSubject;
  readonly done: readonly DoneBlock[];
}

/** @returns undefined where there is no journal, or one that holds not even its first line */
export function readPart(path: string): Part | undefined {
  if (!existsSync(`${path}.jsonl`)) return undefined;
  const [first, ...rest] = readFileSync(`${path}.jsonl`, 'utf8').split('\n');
  const subject = parsed(first, subjectSchema);
  if (subject === undefined) return undefined;
  const done: DoneBlock[] = [];
  for (const line of rest) {
    const block = parsed(line, doneSchema);
    // The line under way when the process was killed; what follows a damaged one has no known place in the tiles.
    if (block === undefined) break;
    done.push(block);
  }
  return { subject, done: withinFile(done, `${path}.tiles`) };
}

const count = z.int().min(0);
const subjectSchema: z.ZodType<PartSubject> = z.record(z.string(), z.unknown());
const doneSchema: z.ZodType<DoneBlock> = z.object({
  block: count,
  pixels: z.array(count),
  tiles: z.array(z.tuple([count, count])),
});

function parsed<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Appends blocks to a part, after those that an earlier process left. */
export class PartWriter {
  readonly done: ReadonlySet<number>;
  private readonly tiles: number;
  private readonly journal: number;

  /** @throws UserError when the part is of something else */
  constructor(path: string, subject: PartSubject) {
    mkdirSync(dirname(path), { recursive: true });
    const earlier = readPart(path);
    if (earlier && JSON.stringify(earlier.subject) !== JSON.stringify(subject)) {
      throw new UserError(
        `${path}.jsonl is of ${differing(earlier.subject, subject)}. Give the options it was begun with, ` +
          'or begin anew with --force or another --out.',
      );
    }
    const done = earlier?.done ?? [];
    this.done = new Set(done.map(({ block }) => block));
    writeFileAtomic(`${path}.jsonl`, [subject, ...done].map((line) => `${JSON.stringify(line)}\n`).join(''));
    this.tiles = openSync(`${path}.tiles`, 'a');
    this.journal = openSync(`${path}.jsonl`, 'a');
    ftruncateSync(this.tiles, bytesOf(done));
  }

  add(block: Omit<DoneBlock, 'tiles'>, tiles: readonly (readonly [tile: number, bytes: Uint8Array])[]): void {
    for (const [, bytes] of tiles) writeWhole(this.tiles, bytes);
    fsyncSync(this.tiles);
    const line: DoneBlock = { ...block, tiles: tiles.map(([tile, bytes]) => [tile, bytes.length]) };
    writeWhole(this.journal, Buffer.from(`${JSON.stringify(line)}\n`));
  }

  close(): void {
    fsyncSync(this.journal);
    closeSync(this.tiles);
    closeSync(this.journal);
  }
}

function bytesOf(done: readonly DoneBlock[]): number {
  return done.reduce((total, { tiles }) => total + tiles.reduce((sum, [, bytes]) => sum + bytes, 0), 0);
}

/** A disk that lost its last writes may have the line without the bytes. */
function withinFile(done: readonly DoneBlock[], tilesFile: string): DoneBlock[] {
  const size = existsSync(tilesFile) ? statSync(tilesFile).size : 0;
  let end = 0;
  return done.filter((block) => (end += bytesOf([block])) <= size);
}

function differing(found: PartSubject, wanted: PartSubject): string {
  const keys = Object.keys({ ...found, ...wanted }).filter(
    (key) => JSON.stringify(found[key]) !== JSON.stringify(wanted[key]),
  );
  return keys.map((key) => `${key} ${JSON.stringify(found[key])}, not ${JSON.stringify(wanted[key])}`).join('; ');
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}
