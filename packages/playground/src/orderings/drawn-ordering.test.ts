import { describe, expect, it } from 'vitest';
import { Drawing } from './drawn-ordering.js';

describe('value', () => {
  it('takes the drawn cells first and the others in reading order', () => {
    const drawing = new Drawing(3);
    for (const cell of [8, 5, 2]) drawing.draw(cell);
    expect(Array.from(drawing.ordering().rank(3, 3))).toEqual([3, 4, 2, 5, 6, 1, 7, 8, 0]);
  });

  it('fills the way between two reports of a fast pointer', () => {
    const drawing = new Drawing(4);
    drawing.draw(0);
    drawing.draw(15);
    expect(drawing.cells).toEqual([0, 5, 10, 15]);
  });

  it('takes each cell once, and gives the last one back', () => {
    const drawing = new Drawing(2);
    for (const cell of [1, 1, 3, 1]) drawing.draw(cell);
    expect(drawing.cells).toEqual([1, 3]);
    drawing.undo();
    expect(drawing.cells).toEqual([1]);
    drawing.clear();
    expect(Array.from(drawing.ordering().rank(2, 2))).toEqual([0, 1, 2, 3]);
  });
});
