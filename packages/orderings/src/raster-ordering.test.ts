import { describe, expect, it } from 'vitest';
import type { Corner, Major } from './ranks.js';
import { isRasterOrdering, RASTER_ORDERINGS, rasterOrdering } from './ranks.js';

describe('value', () => {
  it.each([
    ['top-left', 'row', [0, 1, 2, 3, 4, 5]],
    ['top-left', 'column', [0, 2, 4, 1, 3, 5]],
    ['top-right', 'row', [2, 1, 0, 5, 4, 3]],
    ['top-right', 'column', [4, 2, 0, 5, 3, 1]],
    ['bottom-left', 'row', [3, 4, 5, 0, 1, 2]],
    ['bottom-left', 'column', [1, 3, 5, 0, 2, 4]],
    ['bottom-right', 'row', [5, 4, 3, 2, 1, 0]],
    ['bottom-right', 'column', [5, 3, 1, 4, 2, 0]],
  ] as const)('convention: %s-%s walks a map of 2 rows and 3 columns in these turns', (corner, major, turns) => {
    expect([...rasterOrdering(corner, major).rank(2, 3)]).toEqual(turns);
  });

  it('lists eight orderings of different names, that of reading first', () => {
    expect(RASTER_ORDERINGS[0].name).toBe('top-left-row');
    expect(new Set(RASTER_ORDERINGS.map(({ name }) => name)).size).toBe(8);
    expect(RASTER_ORDERINGS.every(isRasterOrdering)).toBe(true);
  });
});

describe('error', () => {
  it('names an unknown corner and the known ones', () => {
    expect(() => rasterOrdering('left' as Corner, 'row')).toThrow(
      new RangeError(
        "rasterOrdering: corner must be one of top-left, top-right, bottom-left, bottom-right, got 'left'",
      ),
    );
  });

  it('names an unknown axis and the known ones', () => {
    expect(() => rasterOrdering('top-left', 'rows' as Major)).toThrow(
      new RangeError("rasterOrdering: major must be one of row, column, got 'rows'"),
    );
  });

  it('refuses a map without positions', () => {
    expect(() => RASTER_ORDERINGS[0].rank(0, 3)).toThrow(
      new RangeError('rank of top-left-row: height and width must be positive integers, got 0 x 3'),
    );
  });
});
