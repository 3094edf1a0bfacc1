/**
 * What one position of a map sees through a stack of masked layers, layer by layer.
 *
 * A layer lets p see itself and the earlier positions q that its mask leaves; a stack lets p see what those see:
 *
 *   S_0(p) = {p},   S_l(p) = union over q in S_1(p) of S_{l-1}(q)
 */
import { isRasterOrdering, kernelMask, type Ordering } from '@autoregseg/orderings/ranks';

/** A layer: a 3x3 convolution in one of its forms, or attention to all of the past. */
export type LayerKind = 'shifted' | 'centered' | 'attention';

export interface Sight {
  /** [positions], the number of layers it takes to see a position: 0 = never, 1 = one layer (itself included). */
  readonly layers: Uint8Array;
  /** [positions], 1 = earlier, inside of the box around what is seen, and yet not seen. */
  readonly blind: Uint8Array;
}

export interface SightOptions {
  readonly side: number;
  /** `row * side + column`. */
  readonly position: number;
  readonly layers: number;
  readonly kind: LayerKind;
}

/** The sight of one position on a square map. */
export function sightOf(ordering: Ordering, { side, position, layers, kind }: SightOptions): Sight {
  const turns = ordering.rank(side, side);
  const neighbours = neighboursOf(ordering, turns, side, kind);
  const seen = new Uint8Array(side * side);
  let frontier = [position];
  for (let layer = 1; layer <= layers; layer++) {
    const next = frontier.flatMap(neighbours).filter((other) => seen[other] === 0);
    for (const other of next) seen[other] = layer;
    frontier = [...new Set(next)];
  }
  return { layers: seen, blind: blindSpots(seen, turns, side, position) };
}

/** How many positions two sights share. */
export function overlap(a: Sight, b: Sight): number {
  return a.layers.reduce((count, layer, index) => count + (layer > 0 && b.layers[index] > 0 ? 1 : 0), 0);
}

/** The form that an ordering's convolution can take: only raster scans have one kernel for all positions to shift. */
export function kindFor(ordering: Ordering, kind: LayerKind): LayerKind {
  return kind === 'shifted' && !isRasterOrdering(ordering) ? 'centered' : kind;
}

const KERNEL = [3, 3] as const;

function neighboursOf(ordering: Ordering, turns: Int32Array, side: number, kind: LayerKind) {
  const offsets = kind === 'attention' ? [] : offsetsOf(ordering, kindFor(ordering, kind));
  const everywhere = Array.from(turns.keys());
  return (position: number): number[] => {
    if (kind === 'attention') return everywhere.filter((other) => turns[other] <= turns[position]);
    const [row, column] = [Math.floor(position / side), position % side];
    return offsets
      .map(([down, right]) => [row + down, column + right])
      .filter(([r, c]) => r >= 0 && r < side && c >= 0 && c < side)
      .map(([r, c]) => r * side + c)
      .filter((other) => turns[other] <= turns[position]);
  };
}

/** Places of the taps that may be used, relative to the position that looks. */
function offsetsOf(ordering: Ordering, kind: LayerKind): (readonly [number, number])[] {
  const view = isRasterOrdering(ordering) ? ordering : 'unmasked';
  const { taps, origin } = kernelMask(view, { kernelSize: KERNEL, form: kind === 'shifted' ? 'shifted' : 'centered' });
  const place = (tap: number) => [origin[0] + Math.floor(tap / 3), origin[1] + (tap % 3)] as const;
  return Array.from(taps.keys())
    .filter((tap) => taps[tap] === 1)
    .map(place);
}

function blindSpots(seen: Uint8Array, turns: Int32Array, side: number, position: number): Uint8Array {
  const shown = Array.from(seen.keys()).filter((index) => seen[index] > 0);
  const rows = shown.map((index) => Math.floor(index / side));
  const columns = shown.map((index) => index % side);
  const inside = (value: number, values: number[]) => value >= Math.min(...values) && value <= Math.max(...values);
  return Uint8Array.from(seen, (layer, index) => {
    const past = turns[index] < turns[position];
    return past && layer === 0 && inside(Math.floor(index / side), rows) && inside(index % side, columns) ? 1 : 0;
  });
}
