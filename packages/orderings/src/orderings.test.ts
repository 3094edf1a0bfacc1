import { describe, expect, it } from 'vitest';
import {
  attentionMask,
  blockOrdering,
  diagonalOrdering,
  hilbertOrdering,
  ORDERING_NAMES,
  orderingByName,
  orderingFromRanks,
  randomOrdering,
  RASTER_ORDERINGS,
  rasterOrdering,
  sCurveOrdering,
  spiralOrdering,
  type Corner,
  type Ordering,
} from './ranks.js';

const rows = (ordering: Ordering, height: number, width: number) => {
  const turns = ordering.rank(height, width);
  return Array.from({ length: height }, (_, row) => turns.slice(row * width, (row + 1) * width).join(' '));
};

/** Distances between positions visited one after the other: the larger of rows and columns. */
const steps = (ordering: Ordering, height: number, width: number) => {
  const turns = ordering.rank(height, width);
  const visited = Array.from(turns, (_, turn) => turns.indexOf(turn));
  return visited.slice(1).map((position, i) => {
    const row = Math.floor(position / width) - Math.floor(visited[i] / width);
    const column = (position % width) - (visited[i] % width);
    return [Math.abs(row) + Math.abs(column), Math.max(Math.abs(row), Math.abs(column))] as const;
  });
};

describe('value', () => {
  it('convention: walks of a 3 x 3 map', () => {
    expect(rows(sCurveOrdering('top-left', 'row'), 3, 3)).toEqual(['0 1 2', '5 4 3', '6 7 8']);
    expect(rows(sCurveOrdering('bottom-right', 'column'), 3, 3)).toEqual(['8 3 2', '7 4 1', '6 5 0']);
    expect(rows(diagonalOrdering('top-left'), 3, 3)).toEqual(['0 1 3', '2 4 6', '5 7 8']);
    expect(rows(diagonalOrdering('bottom-right'), 3, 3)).toEqual(['8 7 5', '6 4 2', '3 1 0']);
    expect(rows(spiralOrdering(), 3, 3)).toEqual(['0 1 2', '7 8 3', '6 5 4']);
    expect(rows(spiralOrdering(), 2, 4)).toEqual(['0 1 2 3', '7 6 5 4']);
  });

  it('convention: Hilbert’s curve on 4 x 4 is his own', () => {
    expect(rows(hilbertOrdering(), 4, 4)).toEqual(['0 1 14 15', '3 2 13 12', '4 7 8 11', '5 6 9 10']);
  });

  it('convention: blocks of 2 on 4 x 5, and blocks of 3 by other walks', () => {
    expect(rows(blockOrdering(2), 4, 5)).toEqual(['0 1 4 5 8', '2 3 6 7 9', '10 11 14 15 18', '12 13 16 17 19']);
    const turned = blockOrdering(3, { among: rasterOrdering('top-right', 'row'), within: spiralOrdering() });
    // The block on the right comes first, two columns wide; each is walked from its border inwards.
    expect(rows(turned, 3, 5)).toEqual(['6 7 8 0 1', '13 14 9 5 2', '12 11 10 4 3']);
    expect(turned.name).toBe('blocks:3(top-right-row, spiral)');
    expect(rows(blockOrdering(9), 3, 4)).toEqual(rows(RASTER_ORDERINGS[0], 3, 4));
  });

  it('gives every position one turn, on maps of any size', () => {
    for (const name of [...ORDERING_NAMES, 'blocks:3', 'random:3']) {
      for (const [height, width] of [
        [1, 1],
        [1, 6],
        [5, 1],
        [2, 3],
        [7, 4],
        [5, 9],
        [16, 6],
      ]) {
        const turns = orderingByName(name).rank(height, width);
        expect(
          [...turns].sort((a, b) => a - b),
          `${name} ${height} x ${width}`,
        ).toEqual(Array.from(turns, (_, i) => i));
      }
    }
  });

  it.each([
    [4, 4],
    [8, 8],
    [6, 10],
    [9, 4],
    [7, 7],
    [5, 8],
    [3, 11],
  ])(
    'Hilbert’s curve and the S-curve go from neighbour to neighbour on %i x %i, but for one diagonal step at most',
    (height, width) => {
      expect(steps(sCurveOrdering('top-right', 'column'), height, width).every(([distance]) => distance === 1)).toBe(
        true,
      );
      const hilbert = steps(hilbertOrdering(), height, width);
      expect(hilbert.every(([, largest]) => largest === 1)).toBe(true);
      expect(hilbert.filter(([distance]) => distance === 2).length).toBeLessThanOrEqual(1);
    },
  );

  it('Hilbert’s curve visits each position of any map once, from neighbour to neighbour but for one diagonal step', () => {
    for (let height = 1; height <= 17; height++) {
      for (let width = 1; width <= 17; width++) {
        const size = `${height} x ${width}`;
        const walk = steps(hilbertOrdering(), height, width);
        expect(walk.length, size).toBe(height * width - 1); // rank itself checks that it is a permutation
        expect(Math.max(1, ...walk.map(([, largest]) => largest)), size).toBe(1);
        expect(walk.filter(([distance]) => distance === 2).length, size).toBeLessThanOrEqual(1);
      }
    }
  });

  it('draws the same random walk from the same seed, another from another', () => {
    expect(rows(randomOrdering(7), 4, 5)).toEqual(rows(orderingByName('random:7'), 4, 5));
    expect(rows(randomOrdering(7), 4, 5)).not.toEqual(rows(randomOrdering(8), 4, 5));
  });

  it('finds every ordering by the name it carries', () => {
    expect(ORDERING_NAMES.length).toBe(8 + 8 + 4 + 2);
    for (const name of [...ORDERING_NAMES, 'blocks:4', 'random:-2']) expect(orderingByName(name).name).toBe(name);
    for (const ordering of RASTER_ORDERINGS) expect(orderingByName(ordering.name)).toBe(ordering);
  });

  it('attentionMask: a row for each position that looks', () => {
    const reading = RASTER_ORDERINGS[0];
    expect([...attentionMask(reading, 1, 3)]).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
    expect([...attentionMask(reading, 1, 3, { includeCenter: false })]).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 0]);
    // from the right: position 2 is first
    expect([...attentionMask(orderingByName('top-right-row'), 1, 3)]).toEqual([1, 1, 1, 0, 1, 1, 0, 0, 1]);
    expect([...attentionMask('unmasked', 1, 2, { includeCenter: false })]).toEqual([1, 1, 1, 1]);
  });
});

describe('error', () => {
  it('names an unknown ordering and the known ones', () => {
    expect(() => orderingByName('zigzag')).toThrow(
      /^orderingByName: no ordering is called 'zigzag'; known: top-left-row, .*spiral, hilbert, blocks:<side>, random:<seed>$/,
    );
  });

  it('refuses turns that are no permutation', () => {
    const short = orderingFromRanks('short', () => new Int32Array(3));
    expect(() => short.rank(2, 2)).toThrow(new RangeError('rank of short: 2 x 2 positions need 4 turns, got 3'));
    const twice = orderingFromRanks('twice', () => Int32Array.of(0, 1, 1, 3));
    expect(() => twice.rank(2, 2)).toThrow(
      new RangeError('rank of twice: each turn of 0 ... 3 must come once, got 1 again or outside'),
    );
    const outside = orderingFromRanks('outside', () => Int32Array.of(0, 1, 2, 4));
    expect(() => outside.rank(2, 2)).toThrow(
      new RangeError('rank of outside: each turn of 0 ... 3 must come once, got 4 again or outside'),
    );
  });

  it('refuses blocks of no side', () => {
    expect(() => blockOrdering(0)).toThrow(new RangeError('blockOrdering: side must be a positive integer, got 0'));
    expect(() => orderingByName('blocks:0')).toThrow(/no ordering is called 'blocks:0'/);
  });

  it('names an unknown corner', () => {
    expect(() => diagonalOrdering('top' as Corner)).toThrow(
      new RangeError(
        "diagonalOrdering: corner must be one of top-left, top-right, bottom-left, bottom-right, got 'top'",
      ),
    );
  });

  it('refuses a seed that is not an integer', () => {
    expect(() => randomOrdering(0.5)).toThrow(new RangeError('randomOrdering: seed must be an integer, got 0.5'));
  });
});
