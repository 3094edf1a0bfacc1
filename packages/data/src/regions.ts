/**
 * Random regions with smooth borders: the cells of a few random points, seen through a gentle random warp.
 *
 *   cell(p) = argmin_i |p + warp(p) - point_i|
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Borders move by at most this share of the shorter side: bent, yet never so much that a region falls apart. */
const WARP = 0.06;

/**
 * @param count - how many regions, each at least half of its fair share of the image
 * @returns [height * width], the region of each pixel, 0..count-1
 */
export function randomRegions(height: number, width: number, count: number, random: RandomGenerator): Uint8Array {
  const smallest = (height * width) / (2 * count);
  for (;;) {
    const regions = warpedCells(height, width, count, random);
    const areas = new Int32Array(count);
    for (const region of regions) areas[region]++;
    if (Math.min(...areas) >= smallest) return regions;
  }
}

function warpedCells(height: number, width: number, count: number, random: RandomGenerator): Uint8Array {
  const points = Array.from({ length: count }, () => [height * uniformFloat64(random), width * uniformFloat64(random)]);
  const down = wave(height, width, random);
  const right = wave(height, width, random);
  const cells = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const [y, x] = [row + down(row, col), col + right(row, col)];
      let nearest = Infinity;
      for (let cell = 0; cell < count; cell++) {
        const distance = (y - points[cell][0]) ** 2 + (x - points[cell][1]) ** 2;
        if (distance < nearest) {
          nearest = distance;
          cells[row * width + col] = cell;
        }
      }
    }
  }
  return cells;
}

/** Two plane waves of random direction, one to two periods over the shorter side, at most WARP of that side together. */
function wave(height: number, width: number, random: RandomGenerator): (row: number, col: number) => number {
  const side = Math.min(height, width);
  const terms = Array.from({ length: 2 }, () => {
    const direction = 2 * Math.PI * uniformFloat64(random);
    const frequency = (2 * Math.PI * (1 + uniformFloat64(random))) / side;
    return {
      byRow: frequency * Math.sin(direction),
      byCol: frequency * Math.cos(direction),
      phase: 2 * Math.PI * uniformFloat64(random),
    };
  });
  return (row, col) =>
    terms.reduce(
      (sum, { byRow, byCol, phase }) => sum + (WARP / 2) * side * Math.sin(byRow * row + byCol * col + phase),
      0,
    );
}
