/** A region of a mask as a polygon on the ground, with what is known of it. */
import type { Ground } from '../raster/ground.js';
import type { Region } from './region-tracer.js';
import type { Ring } from './split-ring.js';

/** Coordinates of a closed ring: x, y of its vertices, the first one again at the end. */
export type Coordinates = readonly (readonly [x: number, y: number])[];

export interface PolygonFeature {
  readonly cluster: number;
  /** The cluster's name, where a person gave one, else its number. */
  readonly name: string;
  /** #rrggbb */
  readonly color: string;
  readonly pixels: number;
  /** Squared units of the reference system, holes left out. */
  readonly area: number;
  /** The outline, counter-clockwise, then the holes, clockwise [RFC 7946, section 3.1.6]. */
  readonly rings: readonly Coordinates[];
}

/** Where a file of polygons is written to, one after another. */
export interface PolygonFile {
  add(feature: PolygonFeature): void;
  /** Puts the file in its place, whole. */
  finish(): void;
  /** Removes what was written. */
  abandon(): void;
}

export interface ClusterLook {
  readonly name: string;
  readonly color: string;
}

export function featureOf(
  { value, pixels, outer, holes }: Region,
  { at }: Ground,
  looks: readonly ClusterLook[],
): PolygonFeature {
  const [[x, y], right, below] = [at(0, 0), at(0, 1), at(1, 0)];
  // Of a pixel; positive where rows go up or columns go left, which turns every ring over.
  const pixelArea = (right[0] - x) * (below[1] - y) - (below[0] - x) * (right[1] - y);
  const ring = (vertices: Ring): Coordinates => {
    const points = Array.from({ length: vertices.length / 2 }, (_, i) => at(vertices[2 * i + 1], vertices[2 * i]));
    // A walk has its region on the right in the grid; north up mirrors the grid, and it is clockwise on the ground.
    const turned = pixelArea < 0 ? points.toReversed() : points;
    return [...turned, turned[0]];
  };
  return {
    cluster: value,
    ...looks[value],
    pixels,
    area: pixels * Math.abs(pixelArea),
    rings: [outer, ...holes].map(ring),
  };
}
