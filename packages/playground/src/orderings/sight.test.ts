import { hilbertOrdering, rasterOrdering, RASTER_ORDERINGS, randomOrdering } from '@autoregseg/orderings/ranks';
import { describe, expect, it } from 'vitest';
import { kindFor, overlap, sightOf, type LayerKind } from './sight.js';

const TOP_LEFT = rasterOrdering('top-left', 'row');

/** Rows of characters: @ the position, 1-9 the layer that first shows a cell, x blind, . the rest. */
function drawn(side: number, position: number, layers: number, kind: LayerKind, ordering = TOP_LEFT): string[] {
  const sight = sightOf(ordering, { side, position, layers, kind });
  const cells = Array.from(sight.layers, (layer, cell) => {
    if (cell === position) return '@';
    return layer > 0 ? String(layer) : sight.blind[cell] === 1 ? 'x' : '.';
  });
  return Array.from({ length: side }, (_, row) => cells.slice(row * side, (row + 1) * side).join(''));
}

describe('value', () => {
  it('shows the shifted kernel through one layer, and its wedge through two', () => {
    expect(drawn(5, 22, 1, 'shifted')).toEqual(['.....', '.....', '.111.', '.111.', '.1@..']);
    expect(drawn(5, 22, 2, 'shifted')).toEqual(['22222', '22222', '21112', '2111x', '21@..']);
  });

  it('shows the centered kernel one row up for each layer, and its blind spot', () => {
    expect(drawn(5, 12, 1, 'centered')).toEqual(['.....', '.111.', '.1@..', '.....', '.....']);
    expect(drawn(5, 12, 2, 'centered')).toEqual(['22222', '2111x', '21@..', '.....', '.....']);
  });

  it('sees all of the past through one layer of attention, in any ordering', () => {
    for (const ordering of [TOP_LEFT, hilbertOrdering(), randomOrdering(3)]) {
      const turns = ordering.rank(6, 6);
      const { layers, blind } = sightOf(ordering, { side: 6, position: 17, layers: 1, kind: 'attention' });
      expect(Array.from(layers)).toEqual(Array.from(turns, (turn) => (turn <= turns[17] ? 1 : 0)));
      expect(blind.some((value) => value === 1)).toBe(false);
    }
  });

  it('never sees what comes later, whatever the ordering and the layers', () => {
    for (const ordering of [...RASTER_ORDERINGS, hilbertOrdering(), randomOrdering(1)]) {
      const turns = ordering.rank(7, 7);
      for (const kind of ['shifted', 'centered'] as const) {
        const { layers } = sightOf(ordering, { side: 7, position: 24, layers: 4, kind });
        expect(turns.filter((turn, cell) => layers[cell] > 0 && turn > turns[24])).toEqual(new Int32Array());
      }
    }
  });

  it('shares one position, the current one, between an ordering and its twin from the far corner', () => {
    const options = { side: 9, position: 40, layers: 3, kind: 'shifted' } as const;
    const twin = rasterOrdering('bottom-right', 'row');
    expect(overlap(sightOf(TOP_LEFT, options), sightOf(twin, options))).toBe(1);
  });

  it('shifts kernels of raster scans only', () => {
    expect(kindFor(TOP_LEFT, 'shifted')).toBe('shifted');
    expect(kindFor(hilbertOrdering(), 'shifted')).toBe('centered');
  });
});
