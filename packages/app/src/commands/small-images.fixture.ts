/** Small pictures on disk for tests of commands: noise in bands of brightness, whole or damaged. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import sharp from 'sharp';

export interface SmallImage {
  readonly height?: number;
  readonly width?: number;
  readonly seed?: number;
}

/** Writes a picture of the format that the name says, and returns its path. */
export async function writeImage(
  file: string,
  { height = 32, width = 36, seed = 1 }: SmallImage = {},
): Promise<string> {
  const random = xoroshiro128plus(seed);
  const data = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const row = Math.floor(at / (3 * width));
    return (row < height / 2 ? 40 : 160) + uniformInt(random, 0, 60);
  });
  mkdirSync(dirname(file), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(file);
  return file;
}

/** Writes `count` pictures of different content as a.png, b.png, ... */
export async function writeImages(folder: string, count: number, image: SmallImage = {}): Promise<void> {
  for (let i = 0; i < count; i++) {
    await writeImage(join(folder, `${String.fromCharCode(97 + i)}.png`), { seed: i + 1, ...image });
  }
}

/** Writes a label PNG: `upper` in the upper half, `lower` below. */
export async function writeLabel(
  file: string,
  {
    height = 32,
    width = 36,
    upper = 0,
    lower = 1,
  }: SmallImage & { readonly upper?: number; readonly lower?: number } = {},
): Promise<void> {
  const ids = Uint8Array.from({ length: height * width }, (_, at) => (at < (height * width) / 2 ? upper : lower));
  mkdirSync(dirname(file), { recursive: true });
  await sharp(ids, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file);
}

/** Writes a JPEG that ends in the middle. */
export async function writeTruncatedJpeg(file: string): Promise<void> {
  const noise = Uint8Array.from({ length: 32 * 36 * 3 }, (_, at) => (at * 7919) % 251);
  const bytes = await sharp(noise, { raw: { width: 36, height: 32, channels: 3 } })
    .jpeg()
    .toBuffer();
  writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
}
