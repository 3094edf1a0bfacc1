/** An ordering that somebody draws, cell by cell; what is left out follows in reading order. */
import { orderingFromRanks, type Ordering } from '@autoregseg/orderings/ranks';

export class Drawing {
  private path: number[] = [];

  constructor(readonly side: number) {}

  /** Cells in the order in which they were drawn. */
  get cells(): readonly number[] {
    return this.path;
  }

  /** Adds a cell, and those on the straight way to it from the last one, each once. */
  draw(cell: number): void {
    const last = this.path.at(-1);
    for (const step of last === undefined ? [cell] : way(last, cell, this.side)) {
      if (!this.path.includes(step)) this.path.push(step);
    }
  }

  undo(): void {
    this.path.pop();
  }

  clear(): void {
    this.path = [];
  }

  /** The ordering, for a map of this side alone. */
  ordering(): Ordering {
    const drawn = [...this.path];
    const rest = Array.from({ length: this.side ** 2 }, (_, cell) => cell).filter((cell) => !drawn.includes(cell));
    const turns = new Int32Array(this.side ** 2);
    [...drawn, ...rest].forEach((cell, turn) => (turns[cell] = turn));
    return orderingFromRanks('drawn', () => turns.slice());
  }
}

/** The cells between two, both excepted and included: a pointer moves faster than it is reported. */
function way(from: number, to: number, side: number): number[] {
  const [row, column] = [Math.floor(from / side), from % side];
  const [down, right] = [Math.floor(to / side) - row, (to % side) - column];
  const steps = Math.max(Math.abs(down), Math.abs(right));
  return Array.from({ length: steps }, (_, index) => {
    const share = (index + 1) / steps;
    return (row + Math.round(down * share)) * side + column + Math.round(right * share);
  });
}
