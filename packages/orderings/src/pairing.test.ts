import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { orderingViews, pairOrderings, RASTER_ORDERINGS, type Ordering, type Pairing } from './index.js';

const draw = (pairing: Pairing, count: number, random = xoroshiro128plus(1)) =>
  Array.from({ length: count }, () => pairOrderings({ pairing, random }).map(({ name }) => name));

describe('value', () => {
  it('distinct: never twice the same, every one of the 56 pairs', () => {
    const pairs = draw('distinct', 2000);
    expect(pairs.every(([a, b]) => a !== b)).toBe(true);
    expect(new Set(pairs.map(String)).size).toBe(8 * 7);
  });

  it('independent: every one of the 64 pairs', () => {
    expect(new Set(draw('independent', 2000).map(String)).size).toBe(64);
  });

  it('opposite: one walks the way of the other backwards', () => {
    const random = xoroshiro128plus(2);
    for (let i = 0; i < 50; i++) {
      const [a, b] = pairOrderings({ pairing: 'opposite', random });
      const turns = b.rank(3, 5);
      expect([...a.rank(3, 5)]).toEqual(Array.from(turns, (turn) => 14 - turn));
    }
  });

  it('same: one ordering, all of them in turn', () => {
    const pairs = draw('same', 200);
    expect(pairs.every(([a, b]) => a === b)).toBe(true);
    expect(new Set(pairs.map(String)).size).toBe(8);
  });

  it('goes on from a saved state of the generator', () => {
    const random = xoroshiro128plus(3);
    draw('distinct', 5, random);
    const resumed = xoroshiro128plusFromState(random.getState());
    expect(draw('distinct', 5, resumed)).toEqual(draw('distinct', 5, random));
  });

  it('orderingViews encodes the input once for each ordering of the pair, and repeats with its seed', () => {
    const views = () =>
      orderingViews((x: string, view) => `${x} by ${view === 'unmasked' ? view : view.name}`, { seed: 4 });
    const first = views();
    const [{ a, b, views: pair }, next] = [first('cat'), first('dog')];
    expect([a, b]).toEqual(pair.map(({ name }) => `cat by ${name}`));
    expect(pair[0]).not.toBe(pair[1]);
    const again = views();
    expect([again('cat'), again('dog')]).toEqual([{ a, b, views: pair }, next]);
  });
});

describe('error', () => {
  const random = xoroshiro128plus(5);

  it('names an unknown pairing and the known ones', () => {
    expect(() => pairOrderings({ pairing: 'twins' as Pairing, random })).toThrow(
      new RangeError("pairOrderings: pairing must be one of distinct, independent, opposite, same, got 'twins'"),
    );
  });

  it('needs two orderings for a distinct pair', () => {
    expect(() => orderingViews(String, { orderings: [RASTER_ORDERINGS[0]], seed: 1 })).toThrow(
      new RangeError("pairOrderings: 'distinct' needs at least 2 orderings, got 1"),
    );
  });

  it('names an ordering that has no opposite', () => {
    const zigzag: Ordering = { name: 'zigzag', rank: () => new Int32Array(0) };
    expect(() => pairOrderings({ orderings: [zigzag], pairing: 'opposite', random })).toThrow(
      new RangeError("oppositeOrdering: raster orderings have an opposite, got 'zigzag'"),
    );
  });
});
