import { describe, expect, it } from 'vitest';
import type { MaskForm, Ordering, View } from './ranks.js';
import { checkView, kernelMask, RASTER_ORDERINGS, rasterOrdering } from './ranks.js';

const picture = (view: View, kernelSize: readonly [number, number], form: MaskForm, includeCenter = true) => {
  const { taps } = kernelMask(view, { kernelSize, form, includeCenter });
  const rows = Array.from({ length: kernelSize[0] }, (_, row) =>
    taps.slice(row * kernelSize[1], (row + 1) * kernelSize[1]),
  );
  return rows.map((row) => row.join(' '));
};

describe('value', () => {
  it.each([
    ['top-left', 'row', ['1 1 1', '1 1 1', '1 1 0'], [-2, -1]],
    ['top-right', 'row', ['1 1 1', '1 1 1', '0 1 1'], [-2, -1]],
    ['bottom-left', 'row', ['1 1 0', '1 1 1', '1 1 1'], [0, -1]],
    ['bottom-right', 'row', ['0 1 1', '1 1 1', '1 1 1'], [0, -1]],
    ['top-left', 'column', ['1 1 1', '1 1 1', '1 1 0'], [-1, -2]],
    ['top-right', 'column', ['1 1 1', '1 1 1', '0 1 1'], [-1, 0]],
    ['bottom-left', 'column', ['1 1 0', '1 1 1', '1 1 1'], [-1, -2]],
    ['bottom-right', 'column', ['0 1 1', '1 1 1', '1 1 1'], [-1, 0]],
  ] as const)(
    'convention: shifted, %s-%s masks this corner and starts at this offset',
    (corner, major, rows, origin) => {
      expect(picture(rasterOrdering(corner, major), [3, 3], 'shifted')).toEqual(rows);
      expect(kernelMask(rasterOrdering(corner, major), { kernelSize: [3, 3] }).origin).toEqual(origin);
    },
  );

  it.each([
    ['top-left', 'row', ['1 1 1', '1 1 0', '0 0 0']],
    ['top-right', 'row', ['1 1 1', '0 1 1', '0 0 0']],
    ['bottom-left', 'column', ['1 0 0', '1 1 0', '1 1 0']],
    ['bottom-right', 'column', ['0 0 1', '0 1 1', '0 1 1']],
  ] as const)('convention: centered, %s-%s keeps this half', (corner, major, rows) => {
    expect(picture(rasterOrdering(corner, major), [3, 3], 'centered')).toEqual(rows);
  });

  it('convention: includeCenter false takes the own position away (mask type A)', () => {
    expect(picture(RASTER_ORDERINGS[0], [3, 3], 'centered', false)).toEqual(['1 1 1', '1 0 0', '0 0 0']);
    expect(picture(RASTER_ORDERINGS[0], [3, 3], 'shifted', false)).toEqual(['1 1 1', '1 1 1', '1 0 0']);
  });

  it('follows a kernel of any odd sides', () => {
    expect(picture(RASTER_ORDERINGS[0], [1, 5], 'shifted')).toEqual(['1 1 1 0 0']);
    expect(picture(RASTER_ORDERINGS[1], [1, 5], 'shifted')).toEqual(['1 1 1 1 1']);
    expect(kernelMask(RASTER_ORDERINGS[1], { kernelSize: [1, 5] }).origin).toEqual([0, -4]);
  });

  it('uses the whole kernel, centred, when unmasked', () => {
    expect(picture('unmasked', [3, 3], 'shifted', false)).toEqual(['1 1 1', '1 1 1', '1 1 1']);
    expect(kernelMask('unmasked', { kernelSize: [3, 5] }).origin).toEqual([-1, -2]);
  });
});

describe('error', () => {
  it('refuses even sides', () => {
    expect(() => kernelMask('unmasked', { kernelSize: [3, 4] })).toThrow(
      new RangeError("kernelMask: the kernel's sides must be odd, so that it has a centre, got 3 x 4"),
    );
  });

  it('refuses an unknown form', () => {
    expect(() => kernelMask('unmasked', { kernelSize: [3, 3], form: 'center' as MaskForm })).toThrow(
      new RangeError("kernelMask: form must be one of shifted, centered, got 'center'"),
    );
  });

  it('refuses an ordering that one kernel cannot follow', () => {
    const zigzag: Ordering = { name: 'zigzag', rank: () => new Int32Array(0) };
    expect(() => kernelMask(zigzag, { kernelSize: [3, 3] })).toThrow(
      new RangeError(
        "kernelMask: one kernel for all positions follows raster orderings only, got 'zigzag'; " +
          "maskedConv2d with form 'centered' takes any ordering",
      ),
    );
  });

  it.each([
    ['top-left-row', "'top-left-row'"],
    [undefined, 'undefined'],
    [{ name: 'nameless' }, '{"name":"nameless"}'],
  ])('refuses %j as a view: nothing runs unmasked by a slip', (view, shown) => {
    expect(() => checkView('maskedConv2d', view)).toThrow(
      new RangeError(
        "maskedConv2d: view must be 'unmasked' or an ordering (an object with name and rank, as rasterOrdering makes them), " +
          `got ${shown}; known raster orderings: top-left-row, top-left-column, top-right-row, top-right-column, ` +
          'bottom-left-row, bottom-left-column, bottom-right-row, bottom-right-column',
      ),
    );
  });
});
