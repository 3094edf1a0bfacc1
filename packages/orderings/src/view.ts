/**
 * The check that a view is a view: anything else is an error, so that no typing slip runs unmasked.
 */
import type { View } from './ordering.js';
import { RASTER_ORDERINGS } from './raster-ordering.js';

/**
 * @param name - the function named in the text
 * @throws RangeError when the view is neither an ordering nor 'unmasked'; the text holds what came and what is known
 */
export function checkView(name: string, view: unknown): asserts view is View {
  if (view === 'unmasked') return;
  const { name: title, rank } = (view ?? {}) as { name?: unknown; rank?: unknown };
  if (typeof title === 'string' && typeof rank === 'function') return;
  throw new RangeError(
    `${name}: view must be 'unmasked' or an ordering (an object with name and rank, as rasterOrdering makes them), ` +
      `got ${describe(view)}; known raster orderings: ${RASTER_ORDERINGS.map((known) => known.name).join(', ')}`,
  );
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}
