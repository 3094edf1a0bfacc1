/**
 * The same lines walked backwards.
 */
import type { Ordering } from './ordering.js';
import { isRasterOrdering, rasterOrdering, type Corner } from './raster-ordering.js';

/**
 * The raster ordering that walks the same lines backwards, from the far corner.
 *
 * @throws RangeError when the ordering is not a raster ordering
 */
export function oppositeOrdering(ordering: Ordering): Ordering {
  if (!isRasterOrdering(ordering)) {
    throw new RangeError(`oppositeOrdering: raster orderings have an opposite, got '${ordering.name}'`);
  }
  return rasterOrdering(FAR_CORNER[ordering.corner], ordering.major);
}

const FAR_CORNER: Readonly<Record<Corner, Corner>> = {
  'top-left': 'bottom-right',
  'top-right': 'bottom-left',
  'bottom-left': 'top-right',
  'bottom-right': 'top-left',
};
