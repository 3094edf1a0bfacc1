/**
 * The index of a cache on disk: one entry of 80 bytes for each image that lies in it, appended as they come.
 *
 * An entry carries a hash of itself, so that one that was cut off by a crash is known; what follows it is dropped.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { packedBytes, type PackedSample, type ValueBytes } from './packed-sample.js';

export interface CacheEntry extends Omit<PackedSample, 'bytes'> {
  /** Of the image in its dataset. */
  readonly index: number;
  readonly shard: number;
  /** Of its first byte in the shard. */
  readonly offset: number;
  /** Of its bytes. */
  readonly hash: Buffer;
  /** Of the sizes and times of the files that it was decoded from. */
  readonly stamp: Buffer;
}

const ENTRY_BYTES = 80;
const NUMBERS_BYTES = 32;
const HASH_BYTES = 16;

/** The first 16 bytes of SHA-256. */
export function shortHash(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, HASH_BYTES);
}

export function encodeEntry({ index, shard, offset, shape, valueBytes, hasValid, hash, stamp }: CacheEntry): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES);
  const numbers = [index, shard, offset, ...shape, valueBytes, hasValid ? 1 : 0];
  numbers.forEach((number, at) => entry.writeUInt32LE(number, 4 * at));
  hash.copy(entry, NUMBERS_BYTES);
  stamp.copy(entry, NUMBERS_BYTES + HASH_BYTES);
  shortHash(entry.subarray(0, ENTRY_BYTES - HASH_BYTES)).copy(entry, ENTRY_BYTES - HASH_BYTES);
  return entry;
}

/** @returns the entries of the file, the last one of each image, and how many of its bytes are whole */
export function readCacheIndex(file: string): {
  readonly entries: Map<number, CacheEntry>;
  readonly wholeBytes: number;
} {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const entries = new Map<number, CacheEntry>();
  let wholeBytes = 0;
  for (; wholeBytes + ENTRY_BYTES <= bytes.length; wholeBytes += ENTRY_BYTES) {
    const entry = bytes.subarray(wholeBytes, wholeBytes + ENTRY_BYTES);
    const own = entry.subarray(ENTRY_BYTES - HASH_BYTES);
    if (!shortHash(entry.subarray(0, ENTRY_BYTES - HASH_BYTES)).equals(own)) break;
    const [index, shard, offset, height, width, channels, valueBytes, hasValid] = Array.from({ length: 8 }, (_, at) =>
      entry.readUInt32LE(4 * at),
    );
    entries.set(index, {
      index,
      shard,
      offset,
      shape: [height, width, channels],
      valueBytes: valueBytes as ValueBytes,
      hasValid: hasValid === 1,
      hash: entry.subarray(NUMBERS_BYTES, NUMBERS_BYTES + HASH_BYTES),
      stamp: entry.subarray(NUMBERS_BYTES + HASH_BYTES, NUMBERS_BYTES + 2 * HASH_BYTES),
    });
  }
  return { entries, wholeBytes };
}

/** First byte behind an entry's own in its shard. */
export function endOf(entry: CacheEntry): number {
  return entry.offset + packedBytes(entry);
}
