/**
 * The three photographed textures that come with this package (assets/README.md: sources, CC0), as grey planes.
 *
 * Training and test mosaics are cut from different halves of each photograph, so that no test pixel is ever trained on.
 */
import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';

/** Grey plane, row-major [height, width], 0..1. */
export interface Texture {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

export type Split = 'train' | 'test';

const TEXTURE_NAMES = ['brick', 'grass', 'gravel'] as const;

/**
 * The textures of one split: the three photographs, or six, with what is made of them.
 *
 * No two of the six are mirror images of each other: grass and gravel differ from their halves by scale, brick from its
 * turned twin by directions, upright and level against diagonal, which flips keep apart.
 *
 * @param scale - 1 = as photographed, 512 rows (bricks about 30 pixels wide, pebbles 15); 2 = averaged 2x2, half of that
 * @returns 512 / scale rows, 256 / scale columns: the left half for 'train', the right half for 'test'; the made ones have
 * half the sides, and 181 / scale where turned
 */
export function loadTextures(split: Split, scale: 1 | 2, count: 3 | 6 = 3): Texture[] {
  const photographed = TEXTURE_NAMES.map((name) => {
    const whole = photograph(name);
    const half = columns(whole, split === 'train' ? 0 : whole.width / 2, whole.width / 2);
    return scale === 2 ? halved(half) : half;
  });
  if (count === 3) return photographed;
  const [brick, ...others] = photographed;
  const made = others.map((texture) => ({ ...halved(texture), name: `${texture.name}-half` }));
  return [...photographed, turned(brick), ...made];
}

/** Decoded once, never changed. */
const photographs = new Map<string, Texture>();

function photograph(name: string): Texture {
  const known = photographs.get(name);
  if (known) return known;
  // The same relative place seen from src/ and from dist/, in ESM and in CJS.
  const file = new URL(`../assets/${name}.png`, import.meta.url);
  const { width, height, data } = decode(readFileSync(file));
  const plane = { name, height, width, data: Float32Array.from(data, (value) => value / 255) };
  photographs.set(name, plane);
  return plane;
}

function columns({ name, height, width, data }: Texture, from: number, count: number): Texture {
  const cut = new Float32Array(height * count);
  for (let row = 0; row < height; row++) {
    cut.set(data.subarray(row * width + from, row * width + from + count), row * count);
  }
  return { name, height, width: count, data: cut };
}

function halved({ name, height, width, data }: Texture): Texture {
  const [rows, cols] = [height / 2, width / 2];
  const small = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = 2 * row * width + 2 * col;
      small[row * cols + col] = (data[at] + data[at + 1] + data[at + width] + data[at + width + 1]) / 4;
    }
  }
  return { name, height: rows, width: cols, data: small };
}

/** Turned by 45 degrees about its middle: the largest square that lies wholly inside, interpolated bilinearly. */
function turned({ name, height, width, data }: Texture): Texture {
  const side = Math.floor(width / Math.SQRT2);
  const square = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) {
      const [down, right] = [row - (side - 1) / 2, col - (side - 1) / 2];
      const y = (height - 1) / 2 + (down + right) / Math.SQRT2;
      const x = (width - 1) / 2 + (right - down) / Math.SQRT2;
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [lower, further] = [y - top, x - left];
      const at = top * width + left;
      square[row * side + col] =
        (1 - lower) * ((1 - further) * data[at] + further * data[at + 1]) +
        lower * ((1 - further) * data[at + width] + further * data[at + width + 1]);
    }
  }
  return { name: `${name}-turned`, height: side, width: side, data: square };
}
