/** What one position of a map sees through a stack of masked layers, and after how many of them it sees it. */
import {
  blindSpotMap,
  isRasterOrdering,
  receptiveFieldMap,
  type Ordering,
  type SightLayer,
} from '@autoregseg/orderings/ranks';

/** A layer: a 3x3 convolution in one of its forms, or attention to all of the past. */
export type LayerKind = 'shifted' | 'centered' | 'attention';

export interface Sight {
  /** [positions], the number of layers it takes to see a position: 0 = never, 1 = one layer (itself included). */
  readonly layers: Uint8Array;
  /** [positions], 1 = earlier, within reach of the kernels, and yet not seen. */
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
  const place = [Math.floor(position / side), position % side] as const;
  const at = { height: side, width: side, position: place };
  const stack = Array.from({ length: layers }, () => layerOf(ordering, kind));
  const seen = new Uint8Array(side * side);
  for (let depth = layers; depth > 0; depth--) {
    receptiveFieldMap(stack.slice(0, depth), ordering, at).forEach((sees, cell) => {
      if (sees === 1) seen[cell] = depth;
    });
  }
  return { layers: seen, blind: blindSpotMap(stack, ordering, at) };
}

/** How many positions two sights share. */
export function overlap(a: Sight, b: Sight): number {
  return a.layers.reduce((count, layer, index) => count + (layer > 0 && b.layers[index] > 0 ? 1 : 0), 0);
}

/** The form that an ordering's convolution can take: only raster scans have one kernel for all positions to shift. */
export function kindFor(ordering: Ordering, kind: LayerKind): LayerKind {
  return kind === 'shifted' && !isRasterOrdering(ordering) ? 'centered' : kind;
}

function layerOf(ordering: Ordering, kind: LayerKind): SightLayer {
  const form = kindFor(ordering, kind);
  return form === 'attention' ? { kind: 'attention' } : { kind: 'convolution', form };
}
