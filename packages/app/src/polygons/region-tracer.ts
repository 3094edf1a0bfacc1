/**
 * Outlines of the regions of a map, row by row: neighbours (up, down, left, right) of one value are one region.
 *
 * Outlines run along the edges of pixels, so nothing is smoothed or lost. Of the map two rows are held, and of the regions
 * the outlines of those that may still grow; a region is given away as soon as a row comes that it does not reach.
 *
 * An edge between two regions is walked once for each, its region on the right-hand side (columns to the right, rows
 * down). At a vertex the walk looks for its way out from pixel to pixel of its region:
 *
 *     0 | 3        pixels 0..3 around the vertex, side s between pixels s and s + 1
 *     --+--        pixel q is arrived along by side q - 1 and left along by side q
 *     1 | 2
 *
 * A walk that arrives turns around its own pixel where it can: regions that touch at a corner alone stay apart.
 */
import { Chain } from './chain.js';
import { signedArea, splitRing, type Ring } from './split-ring.js';

export interface Region {
  readonly value: number;
  readonly pixels: number;
  readonly outer: Ring;
  readonly holes: readonly Ring[];
}

interface OpenRegion {
  readonly value: number;
  pixels: number;
  walks: Ring[];
  /** The last row that it reaches. */
  row: number;
  /** The region that this one turned out to belong to. */
  into?: OpenRegion;
}

/** Sides of a vertex, and what lies beyond: the row above and the vertex before are done, the others are to come. */
const [LEFT, BELOW, RIGHT, ABOVE] = [0, 1, 2, 3];

export class RegionTracer {
  private row = 0;
  /** Values of the last row, one more on either side. */
  private values: Uint8Array;
  private regions: (OpenRegion | undefined)[];
  /** Chains that end at each vertex of the last row and go on downwards, and those that begin there, from below. */
  private readonly downwards: (Chain | undefined)[];
  private readonly upwards: (Chain | undefined)[];

  /** @param nothing - value of pixels that belong to no region */
  constructor(
    private readonly width: number,
    private readonly nothing: number,
  ) {
    this.values = new Uint8Array(width + 2).fill(nothing);
    this.regions = Array.from({ length: width + 2 }, () => undefined);
    this.downwards = Array.from({ length: width + 1 }, () => undefined);
    this.upwards = Array.from({ length: width + 1 }, () => undefined);
  }

  /**
   * Takes the next row.
   *
   * @returns the regions that ended in the row before
   */
  next(row: Uint8Array): Region[] {
    const values = new Uint8Array(this.width + 2).fill(this.nothing);
    values.set(row, 1);
    const regions = this.regionsOf(values);
    this.walkBetween(values, regions);
    const ended = this.endedBefore(this.row);
    [this.values, this.regions] = [values, regions];
    this.row += 1;
    return ended;
  }

  /** @returns the regions that reach the last row */
  end(): Region[] {
    return this.next(new Uint8Array(this.width).fill(this.nothing));
  }

  private regionsOf(values: Uint8Array): (OpenRegion | undefined)[] {
    const regions: (OpenRegion | undefined)[] = Array.from({ length: values.length }, () => undefined);
    for (let at = 1; at <= this.width; at++) {
      const value = values[at];
      if (value === this.nothing) continue;
      const before = values[at - 1] === value ? regions[at - 1] : undefined;
      const above = this.values[at] === value ? this.regions[at] : undefined;
      let region = before;
      if (above !== undefined && above !== before) region = united(above, before);
      region ??= { value, pixels: 0, walks: [], row: this.row };
      region.pixels += 1;
      region.row = this.row;
      regions[at] = region;
    }
    return regions;
  }

  /** Follows all outlines through the vertices between the last row and the next. */
  private walkBetween(values: Uint8Array, regions: readonly (OpenRegion | undefined)[]): void {
    const around = [0, 0, 0, 0];
    // Chains by the side at which they end (heads) or begin (tails).
    let [heads, tails]: (Chain | undefined)[][] = [[], []];
    for (let column = 0; column <= this.width; column++) {
      around[0] = this.values[column];
      around[1] = values[column];
      around[2] = values[column + 1];
      around[3] = this.values[column + 1];
      if (around[0] === around[1] && around[1] === around[2] && around[2] === around[3]) continue;
      heads = [heads[RIGHT], undefined, undefined, this.downwards[column]];
      tails = [tails[RIGHT], undefined, undefined, this.upwards[column]];
      for (let pixel = 0; pixel < 4; pixel++) {
        const arrival = (pixel + 3) & 3;
        if (around[pixel] === this.nothing || around[arrival] === around[pixel]) continue;
        let departure = pixel;
        while (around[departure] === around[(departure + 1) & 3]) departure = (departure + 1) & 3;
        const closed = passVertex(column, this.row, { arrival, departure, heads, tails });
        if (!closed) continue;
        const inRowAbove = pixel === 0 || pixel === 3;
        const place = column + (pixel < 2 ? 0 : 1);
        wholeOf((inRowAbove ? this.regions : regions)[place]!).walks.push(closed);
      }
      this.downwards[column] = heads[BELOW];
      this.upwards[column] = tails[BELOW];
    }
  }

  private endedBefore(row: number): Region[] {
    const ended: Region[] = [];
    for (const part of this.regions) {
      if (part === undefined || part.into !== undefined || part.row >= row || part.walks.length === 0) continue;
      ended.push(regionOf(part));
      part.walks = [];
    }
    return ended;
  }
}

interface Passage {
  readonly arrival: number;
  readonly departure: number;
  readonly heads: (Chain | undefined)[];
  readonly tails: (Chain | undefined)[];
}

/**
 * One walk through a vertex; only its turns become vertices of the outline.
 *
 * @returns the walk, where it is closed by this
 */
function passVertex(column: number, row: number, { arrival, departure, heads, tails }: Passage): Ring | undefined {
  const turns = departure !== ((arrival + 2) & 3);
  const coming = isDone(arrival) ? heads[arrival]!.whole() : undefined;
  const going = isDone(departure) ? tails[departure]!.whole() : undefined;
  if (coming !== undefined) {
    if (turns) coming.append(column, row);
    if (going === undefined) heads[departure] = coming;
    else if (going === coming) return coming.vertices();
    else coming.join(going);
  } else if (going !== undefined) {
    if (turns) going.prepend(column, row);
    tails[arrival] = going;
  } else {
    heads[departure] = tails[arrival] = new Chain(column, row);
  }
  return undefined;
}

function isDone(side: number): boolean {
  return side === LEFT || side === ABOVE;
}

function wholeOf(region: OpenRegion): OpenRegion {
  if (region.into === undefined) return region;
  region.into = wholeOf(region.into);
  return region.into;
}

function united(a: OpenRegion, b: OpenRegion | undefined): OpenRegion {
  const whole = wholeOf(a);
  const part = b && wholeOf(b);
  if (part === undefined || part === whole) return whole;
  whole.pixels += part.pixels;
  for (const walk of part.walks) whole.walks.push(walk);
  part.walks = [];
  part.into = whole;
  return whole;
}

function regionOf({ value, pixels, walks }: OpenRegion): Region {
  const rings = walks.flatMap((walk) => splitRing(walk));
  const outer = rings.find((ring) => signedArea(ring) > 0)!;
  return { value, pixels, outer, holes: rings.filter((ring) => ring !== outer) };
}
