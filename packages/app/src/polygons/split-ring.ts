/** Closed outlines in vertices of the pixels' grid, and their parting where they touch themselves. */

/** [column, row, column, row, ...], closed from the last vertex to the first; the region lies on the right-hand side. */
export type Ring = Int32Array;

/** Pixels inside of a ring: positive for one around its region, negative for a hole's. */
export function signedArea(ring: Ring): number {
  let twice = 0;
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    twice += ring[at] * ring[next + 1] - ring[next] * ring[at + 1];
  }
  return twice / 2;
}

/**
 * The rings that a walk is made of: where it comes to a vertex again, what lies between is a ring of its own.
 *
 * Standards of geometry want it so: a hole that touches the outline in a point is a hole all the same.
 */
export function splitRing(walk: Ring): Ring[] {
  const rings: Ring[] = [];
  const path: number[] = [];
  const places = new Map<string, number>();
  for (let at = 0; at < walk.length; at += 2) {
    const [column, row] = [walk[at], walk[at + 1]];
    const key = `${column} ${row}`;
    const seen = places.get(key);
    if (seen === undefined) {
      places.set(key, path.length);
      path.push(column, row);
      continue;
    }
    const loop = path.splice(seen);
    for (let i = 2; i < loop.length; i += 2) places.delete(`${loop[i]} ${loop[i + 1]}`);
    rings.push(Int32Array.from(loop));
    path.push(column, row);
  }
  rings.push(Int32Array.from(path));
  return rings;
}
