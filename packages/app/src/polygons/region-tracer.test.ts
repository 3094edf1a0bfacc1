import { randomStream } from '@autoregseg/data';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import { RegionTracer, type Region } from './region-tracer.js';
import { signedArea, type Ring } from './split-ring.js';

const NOTHING = 255;

/** Digits are values, dots nothing. */
function regionsOf(...rows: readonly string[]): Region[] {
  return traced(rows.map((row) => Uint8Array.from(row, (digit) => (digit === '.' ? NOTHING : Number(digit)))));
}

function traced(rows: readonly Uint8Array[]): Region[] {
  const tracer = new RegionTracer(rows[0].length, NOTHING);
  return [...rows.flatMap((row) => tracer.next(row)), ...tracer.end()];
}

const vertices = (ring: Ring) => Array.from({ length: ring.length / 2 }, (_, i) => `${ring[2 * i]},${ring[2 * i + 1]}`);

/** From its least vertex on: where a ring begins does not matter. */
function rotated(ring: Ring): string {
  const all = vertices(ring);
  const start = all.indexOf([...all].sort()[0]);
  return [...all.slice(start), ...all.slice(0, start)].join(' ');
}

describe('value', () => {
  it('convention: walks a pixel to the right along its upper edge, columns before rows', () => {
    const [{ value, pixels, outer, holes }] = regionsOf('...', '.7.');
    expect([value, pixels, holes]).toEqual([7, 1, []]);
    expect(rotated(outer)).toBe('1,1 2,1 2,2 1,2');
    expect(signedArea(outer)).toBe(1);
  });

  it('turns at corners alone, and keeps holes, with what lies in them', () => {
    const [inner, ring] = regionsOf('0000', '0110', '0010', '0000');
    expect(rotated(ring.outer)).toBe('0,0 4,0 4,4 0,4');
    expect(ring.holes.map(rotated)).toEqual(['1,1 1,2 2,2 2,3 3,3 3,1']);
    expect(rotated(inner.outer)).toBe('1,1 3,1 3,3 2,3 2,2 1,2');
    expect([ring.pixels, inner.pixels]).toEqual([13, 3]);
  });

  it('keeps regions apart that touch at a corner', () => {
    expect(regionsOf('10', '01').map(({ value, pixels }) => [value, pixels])).toEqual([
      [1, 1],
      [0, 1],
      [0, 1],
      [1, 1],
    ]);
  });

  it('parts an outline where it touches itself: holes that meet in a point, and one that meets the outline', () => {
    const [, , twoHoles] = regionsOf('0000', '0100', '0010', '0000');
    expect(twoHoles.holes.map(rotated).sort()).toEqual(['1,1 1,2 2,2 2,1', '2,2 2,3 3,3 3,2']);
    // The hole's upper right corner is on the outline.
    const [ring] = regionsOf('000.', '0.00', '0000').filter(({ value }) => value === 0);
    expect(ring.holes.map(rotated)).toEqual(['1,1 1,2 2,2 2,1']);
    expect(rotated(ring.outer)).toBe('0,0 3,0 3,1 4,1 4,3 0,3');
  });

  it('joins what looked like two regions until a later row', () => {
    const [, region] = regionsOf('101', '111');
    expect(region.pixels).toBe(5);
    expect(rotated(region.outer)).toBe('0,0 1,0 1,1 2,1 2,0 3,0 3,2 0,2');
  });

  it.each([
    [2, 40, 57],
    [3, 61, 33],
    [6, 25, 25],
  ])('fills exactly the pixels of flood fill, on noise of %i values and nothing', (values, height, width) => {
    const random = randomStream(1, values);
    const rows = Array.from({ length: height }, () =>
      Uint8Array.from({ length: width }, () => {
        const value = uniformInt(random, 0, values);
        return value === values ? NOTHING : value;
      }),
    );
    const regions = traced(rows);
    const painted = rows.map(() => Array.from({ length: width }, () => NOTHING));
    let twice = 0;
    for (const { value, pixels, outer, holes } of regions) {
      const inside = insides(outer, holes, height, width);
      expect(inside.length).toBe(pixels);
      expect(signedArea(outer) + holes.reduce((sum, hole) => sum + signedArea(hole), 0)).toBe(pixels);
      for (const [row, column] of inside) {
        if (painted[row][column] !== NOTHING) twice += 1;
        painted[row][column] = value;
      }
      // No vertex twice: what standards of geometry call a simple ring.
      const rings = [outer, ...holes];
      expect(rings.filter((ring) => new Set(vertices(ring)).size < ring.length / 2)).toEqual([]);
      expect(holes.filter((hole) => signedArea(hole) >= 0)).toEqual([]);
    }
    expect(twice).toBe(0);
    expect(painted).toEqual(rows.map((row) => [...row]));
    expect(regions).toHaveLength(floodFill(rows));
  });
});

/** Pixels whose centre an odd number of edges lies to the left of. */
function insides(outer: Ring, holes: readonly Ring[], height: number, width: number): [number, number][] {
  const crossings = Array.from({ length: height }, () => Array.from({ length: width + 1 }, () => 0));
  for (const ring of [outer, ...holes]) {
    for (let at = 0; at < ring.length; at += 2) {
      const next = (at + 2) % ring.length;
      const [from, to] = [ring[at + 1], ring[next + 1]].sort((a, b) => a - b);
      if (ring[at] === ring[next]) for (let row = from; row < to; row++) crossings[row][ring[at]] += 1;
    }
  }
  return crossings.flatMap((row, r) => {
    let inside = 0;
    return row.flatMap((count, c) => ((inside += count) % 2 === 1 ? [[r, c] as [number, number]] : []));
  });
}

function floodFill(rows: readonly Uint8Array[]): number {
  const seen = new Set<string>();
  let regions = 0;
  rows.forEach((row, r) =>
    row.forEach((value, c) => {
      if (value === NOTHING || seen.has(`${r} ${c}`)) return;
      regions += 1;
      const open = [[r, c]];
      seen.add(`${r} ${c}`);
      while (open.length > 0) {
        const [y, x] = open.pop()!;
        for (const [down, right] of [
          [y - 1, x],
          [y + 1, x],
          [y, x - 1],
          [y, x + 1],
        ]) {
          if (rows[down]?.[right] !== value || seen.has(`${down} ${right}`)) continue;
          seen.add(`${down} ${right}`);
          open.push([down, right]);
        }
      }
    }),
  );
  return regions;
}
