/**
 * Where pixels lie: from (row, column) to the coordinates of a raster's reference system, and how large they are.
 *
 * [1] OGC GeoTIFF 1.1: pixel scale and tiepoint, or a matrix; keys 1024 (model), 2048 (geographic), 3072 (projected),
 *     3076 (unit of length).
 */
import type { GeoTags } from '@autoregseg/data';

export interface Ground {
  /** Coordinates of a pixel's upper left corner; (column, -row) where nothing is known. */
  readonly at: (row: number, column: number) => readonly [x: number, y: number];
  /** EPSG code of the reference system; absent where it has none. */
  readonly epsg?: number;
  /** Degrees of longitude and latitude rather than lengths. */
  readonly geographic: boolean;
  /** Metres to one unit of the coordinates; absent for degrees, and where it is not known. */
  readonly metres?: number;
  /** Square metres of a pixel; absent as `metres`. */
  readonly pixelArea?: number;
}

/** Metres of the units of length by their EPSG code: metre, foot, US survey foot. */
const UNITS: Readonly<Record<number, number>> = { 9001: 1, 9002: 0.3048, 9003: 1200 / 3937 };

const USER_DEFINED = 32_767;

export function groundOf(geo: GeoTags): Ground {
  const [a, b, c, d, e, f] = affineOf(geo);
  const at = (row: number, column: number) => [a * column + b * row + c, d * column + e * row + f] as const;
  const key = keysOf(geo);
  const geographic = key(1024) === 2;
  const code = geographic ? key(2048) : key(3072);
  const epsg = code !== undefined && code > 0 && code < USER_DEFINED ? code : undefined;
  const metres = geographic || key(1024) === undefined ? undefined : UNITS[key(3076) ?? 9001];
  const pixelArea = metres && Math.abs(a * e - b * d) * metres * metres;
  return { at, epsg, geographic, metres, pixelArea };
}

/** x = a column + b row + c, y = d column + e row + f, for the upper left corner of a pixel. */
function affineOf(geo: GeoTags): readonly [number, number, number, number, number, number] {
  const { transformation: m, pixelScale: scale, tiepoint: tie } = geo;
  const [a, b, c, d, e, f] = m
    ? [m[0], m[1], m[3], m[4], m[5], m[7]]
    : scale && tie
      ? [scale[0], 0, tie[3] - scale[0] * tie[0], 0, -scale[1], tie[4] + scale[1] * tie[1]]
      : [1, 0, 0, 0, -1, 0];
  // Key 1025: coordinates are those of pixel centres.
  return keysOf(geo)(1025) === 2 ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : [a, b, c, d, e, f];
}

/** Short keys only: [key, place of the value = 0, count = 1, value]. */
function keysOf({ keys = [] }: GeoTags): (key: number) => number | undefined {
  const values = new Map<number, number>();
  for (let at = 4; at + 3 < keys.length; at += 4) if (keys[at + 1] === 0) values.set(keys[at], keys[at + 3]);
  return (key) => values.get(key);
}
