/**
 * How much two orderings show the same: the less, the harder it is for two views to agree.
 */
import { checkMapSize, type View } from './ordering.js';
import { receptiveFieldMap, type SightLayer } from './sight-map.js';
import { checkView } from './view.js';

export interface OrderingOverlapOptions {
  readonly height: number;
  readonly width: number;
  /** What looks through the orderings. @defaultValue everything before a position is seen, and the position itself */
  readonly layers?: readonly SightLayer[];
}

export interface OrderingOverlap {
  /** Positions that both show, mean over all positions that look. */
  readonly shared: number;
  /** Positions that both show by those that either shows, mean over all positions that look; in [0, 1]. */
  readonly share: number;
}

/** One attention sees all of the past. */
const WHOLE_PAST: readonly SightLayer[] = [{ kind: 'attention' }];

/**
 * The overlap of what two orderings show.
 *
 * @throws RangeError when a view, the size or a layer is out of range
 * @example orderingOverlap(RASTER_ORDERINGS[0], oppositeOrdering(RASTER_ORDERINGS[0]), { height: 9, width: 9 }).shared; // 1
 */
export function orderingOverlap(first: View, second: View, options: OrderingOverlapOptions): OrderingOverlap {
  const { height, width, layers = WHOLE_PAST } = options;
  for (const view of [first, second]) checkView('orderingOverlap', view);
  checkMapSize('orderingOverlap', height, width);
  const positions = height * width;
  let [shared, share] = [0, 0];
  for (let query = 0; query < positions; query++) {
    const at = { height, width, position: [Math.floor(query / width), query % width] as const };
    const [a, b] = [first, second].map((view) => receptiveFieldMap(layers, view, at));
    const both = a.reduce((count, seen, i) => count + (seen & b[i]), 0);
    const either = a.reduce((count, seen, i) => count + (seen | b[i]), 0);
    shared += both / positions;
    share += (either === 0 ? 1 : both / either) / positions;
  }
  return { shared, share };
}
