/**
 * Readers of files, fed with what no honest program wrote.
 *
 * Inputs are whole files with a few edits (bits, numbers, pieces cut, repeated or moved), drawn and shrunk by fast-check. A
 * reader may take an input or refuse it; it must not throw anything else, end the process, take more than two seconds, or
 * let the process grow beyond a gibibyte.
 *
 * AUTOREGSEG_HOSTILE_INPUTS sets how many inputs each reader gets; AUTOREGSEG_HOSTILE_FIGURES names a folder that gets one
 * JSON file of figures for each (tools/bench/hostile.mjs sets both).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect } from 'vitest';

export interface HostileReader {
  /** What is read, as a file name could say it: `png-image`. */
  readonly name: string;
  /** Whole files, by what they are. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Reads the bytes; what comes of it is of no matter. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Whether this is how the reader says no, by its documentation. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Mends checksums, so that edits get past them; used for half of the inputs. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array;
}

/** How many inputs each reader gets. */
export const HOSTILE_INPUTS = Number(process.env['AUTOREGSEG_HOSTILE_INPUTS'] ?? 500);

/** Time for one reader's test, which grows with the number of inputs. */
export const HOSTILE_TIMEOUT_MS = 60_000 + 60 * HOSTILE_INPUTS;

const LONGEST_MS = 2000;
const LARGEST_MB = 1024;
const SEED = 20_200_823;

interface Figures {
  readonly name: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** Largest resident memory of this process, of which about 200 MB are the test's own, and of its largest child. */
  readonly peakMb: number;
  readonly childPeakMb: number;
  readonly seconds: number;
}

/** Feeds the reader; the error names the edits that it did not survive, and a file that holds the input. */
export async function expectSurvivesHostileInput(reader: HostileReader): Promise<void> {
  const started = performance.now();
  let [accepted, refused, slowestMs, childPeakMb] = [0, 0, 0, 0];
  const evidence = join(tmpdir(), `autoregseg-hostile-${reader.name}-${process.pid}`);
  const property = fc.asyncProperty(hostileFiles(reader), async ({ bytes }) => {
    // A reader that ends the process leaves the input behind.
    writeFileSync(evidence, bytes);
    const outcome = await timed(reader, bytes);
    // A busy machine may stall anything once.
    const ms = outcome.ms > LONGEST_MS ? (await timed(reader, bytes)).ms : outcome.ms;
    if (outcome.accepted) accepted++;
    else refused++;
    slowestMs = Math.max(slowestMs, ms);
    if ((accepted + refused) % 50 === 0) childPeakMb = Math.max(childPeakMb, largestChildMb());
    expect(ms, `milliseconds for ${evidence}`).toBeLessThan(LONGEST_MS);
    expect(peakMb(), `megabytes of memory after ${evidence}`).toBeLessThan(LARGEST_MB);
    expect(childPeakMb, `megabytes of a child's memory about ${evidence}`).toBeLessThan(LARGEST_MB);
  });
  // A reader that refused its own files would refuse all that is made of them, and nothing would be tried.
  for (const bytes of Object.values(reader.files)) await reader.read(bytes);
  await fc.assert(property, { numRuns: HOSTILE_INPUTS, seed: SEED, endOnFailure: HOSTILE_INPUTS > 1000 });
  rmSync(evidence);
  writeFigures({
    name: reader.name,
    inputs: HOSTILE_INPUTS,
    accepted,
    refused,
    slowestMs: Math.round(slowestMs),
    peakMb: Math.round(peakMb()),
    childPeakMb: Math.round(Math.max(childPeakMb, largestChildMb())),
    seconds: Math.round((performance.now() - started) / 1000),
  });
}

/** What reads bytes as the file of that name, for `HostileReader.read`. */
export function asFile<Result>(file: string, read: (file: string) => Result): (bytes: Uint8Array) => Result {
  return (bytes) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return read(file);
  };
}

async function timed(
  { read, isRefusal }: HostileReader,
  bytes: Uint8Array,
): Promise<{ accepted: boolean; ms: number }> {
  const start = performance.now();
  let accepted = true;
  try {
    await read(bytes);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    accepted = false;
  }
  return { accepted, ms: performance.now() - start };
}

/** A place in a file: near its beginning, where headers are, or anywhere. */
type Place = { readonly byte: number } | { readonly share: number };

/** One edit of a file. */
type Edit =
  | { readonly do: 'flip'; readonly at: Place; readonly bit: number }
  | { readonly do: 'byte'; readonly at: Place; readonly value: number }
  | {
      readonly do: 'number';
      readonly at: Place;
      readonly size: 2 | 4 | 8;
      readonly value: bigint;
      readonly big: boolean;
    }
  | { readonly do: 'cut'; readonly at: Place }
  | { readonly do: 'remove'; readonly at: Place; readonly length: number }
  | { readonly do: 'insert'; readonly at: Place; readonly bytes: Uint8Array }
  | { readonly do: 'repeat'; readonly at: Place; readonly length: number; readonly times: number }
  | { readonly do: 'copy'; readonly from: Place; readonly at: Place; readonly length: number };

interface HostileFile {
  readonly file: string;
  readonly edits: readonly Edit[];
  readonly repaired: boolean;
  readonly bytes: Uint8Array;
}

/** Ends of ranges, and what is next to them: where sizes overflow. */
const NUMBERS = [0n, 1n, 2n, 255n, 256n, 32767n, 32768n, 65535n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n];

function hostileFiles({ files, repair }: HostileReader): fc.Arbitrary<HostileFile> {
  const edited = fc
    .record({
      file: fc.constantFrom(...Object.keys(files)),
      edits: fc.array(editArbitrary(), { minLength: 1, maxLength: 6 }),
      repaired: repair ? fc.boolean() : fc.constant(false),
    })
    .map(({ file, edits, repaired }) => {
      const bytes = edits.reduce(applyEdit, files[file]);
      return shownByEdits({ file, edits, repaired, bytes: repaired ? repair!(bytes) : bytes });
    });
  const noise = fc
    .uint8Array({ maxLength: 256 })
    .map((bytes) => shownByEdits({ file: 'noise', edits: [], repaired: false, bytes }));
  return fc.oneof({ weight: 30, arbitrary: edited }, { weight: 1, arbitrary: noise });
}

/** In a failure's text the edits stand for the bytes. */
function shownByEdits(file: HostileFile): HostileFile {
  const { bytes: _, ...rest } = file;
  return Object.defineProperty(file, fc.toStringMethod, { value: () => JSON.stringify(rest, textOfBigInts) });
}

function textOfBigInts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function editArbitrary(): fc.Arbitrary<Edit> {
  const at: fc.Arbitrary<Place> = fc.oneof(
    fc.record({ byte: fc.nat(600) }),
    fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  const length = fc.integer({ min: 1, max: 64 });
  return fc.oneof(
    fc.record({ do: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ do: fc.constant('byte' as const), at, value: fc.nat(255) }),
    fc.record({
      do: fc.constant('number' as const),
      at,
      size: fc.constantFrom(2 as const, 4 as const, 8 as const),
      value: fc.constantFrom(...NUMBERS),
      big: fc.boolean(),
    }),
    fc.record({ do: fc.constant('cut' as const), at }),
    fc.record({ do: fc.constant('remove' as const), at, length }),
    fc.record({ do: fc.constant('insert' as const), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
    fc.record({ do: fc.constant('repeat' as const), at, length, times: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ do: fc.constant('copy' as const), from: at, at, length }),
  );
}

function applyEdit(file: Uint8Array, edit: Edit): Uint8Array {
  const place = (at: Place) =>
    'byte' in at ? Math.min(at.byte, file.length) : Math.min(Math.floor(at.share * (file.length + 1)), file.length);
  const at = place(edit.at);
  const changed = (write: (copy: Uint8Array) => void): Uint8Array => {
    const copy = Uint8Array.from(file);
    write(copy);
    return copy;
  };
  const replaced = (length: number, ...parts: readonly Uint8Array[]): Uint8Array =>
    Buffer.concat([file.subarray(0, at), ...parts, file.subarray(at + length)]);
  switch (edit.do) {
    case 'flip':
      return changed((copy) => (copy[at] ^= 1 << edit.bit));
    case 'byte':
      return changed((copy) => (copy[at] = edit.value));
    case 'number':
      return changed((copy) => copy.set(numberBytes(edit.value, edit).subarray(0, Math.max(0, file.length - at)), at));
    case 'cut':
      return file.subarray(0, at);
    case 'remove':
      return replaced(edit.length);
    case 'insert':
      return replaced(0, edit.bytes);
    case 'repeat':
      return replaced(0, ...Array.from({ length: edit.times }, () => file.subarray(at, at + edit.length)));
    case 'copy': {
      const from = place(edit.from);
      return replaced(edit.length, file.subarray(from, from + edit.length));
    }
  }
}

function numberBytes(value: bigint, { size, big }: { readonly size: 2 | 4 | 8; readonly big: boolean }): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(8 * size, value), true);
  return big ? bytes.subarray(0, size).toReversed() : bytes.subarray(0, size);
}

function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Linux tells the largest memory of each living child; elsewhere 0. */
function largestChildMb(): number {
  try {
    const threads = readdirSync('/proc/self/task');
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
    );
    const peaks = children.map((pid) =>
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    );
    return Math.max(0, ...peaks.filter(Number.isFinite)) / 1024;
  } catch {
    return 0;
  }
}

function writeFigures(figures: Figures): void {
  const folder = process.env['AUTOREGSEG_HOSTILE_FIGURES'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${figures.name}.json`), `${JSON.stringify(figures)}\n`);
}
