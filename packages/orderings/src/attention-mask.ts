/**
 * The mask of self-attention over the positions of a map.
 *
 * top-left-row on a 2 x 2 map, row = the position that looks, column = the one looked at, 1 = may look:
 *
 *     includeCenter      without
 *        1 0 0 0         0 0 0 0     the first sees nothing
 *        1 1 0 0         1 0 0 0
 *        1 1 1 0         1 1 0 0
 *        1 1 1 1         1 1 1 0
 */
import { checkMapSize, type View } from './ordering.js';
import { checkView } from './view.js';

export interface AttentionMaskOptions {
  /** Whether a position sees itself. @defaultValue true */
  readonly includeCenter?: boolean;
}

/**
 * Who may look at whom. 'unmasked' lets all look at all, themselves included.
 *
 * @returns [HW * HW] row-major, row = query position `row * width + column`; 1 = may look
 * @throws RangeError when the view is none or the size not positive
 */
export function attentionMask(
  view: View,
  height: number,
  width: number,
  { includeCenter = true }: AttentionMaskOptions = {},
): Uint8Array {
  checkView('attentionMask', view);
  checkMapSize('attentionMask', height, width);
  const positions = height * width;
  const mask = new Uint8Array(positions * positions);
  if (view === 'unmasked') return mask.fill(1);
  const turns = view.rank(height, width);
  for (let query = 0; query < positions; query++) {
    for (let position = 0; position < positions; position++) {
      const past = turns[position] < turns[query] || (position === query && includeCenter);
      mask[query * positions + position] = past ? 1 : 0;
    }
  }
  return mask;
}
