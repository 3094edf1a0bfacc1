/** A piece of an outline that grows at both ends, until it meets itself: its vertices in the order of the walk. */

interface Vertex {
  readonly column: number;
  readonly row: number;
  next?: Vertex;
}

export class Chain {
  private first: Vertex;
  private last: Vertex;
  private count = 1;
  /** The chain that this one became a part of. */
  private into?: Chain;

  constructor(column: number, row: number) {
    this.first = this.last = { column, row };
  }

  /** The chain that this one is, or has become a part of. */
  whole(): Chain {
    if (this.into === undefined) return this;
    this.into = this.into.whole();
    return this.into;
  }

  append(column: number, row: number): void {
    this.last = this.last.next = { column, row };
    this.count += 1;
  }

  prepend(column: number, row: number): void {
    this.first = { column, row, next: this.first };
    this.count += 1;
  }

  /** Goes on along another chain, which becomes a part of this one. */
  join(other: Chain): void {
    this.last.next = other.first;
    this.last = other.last;
    this.count += other.count;
    other.into = this;
  }

  /** [column, row, column, row, ...] */
  vertices(): Int32Array {
    const vertices = new Int32Array(2 * this.count);
    let vertex: Vertex | undefined = this.first;
    for (let at = 0; vertex !== undefined; at += 2, vertex = vertex.next) {
      vertices[at] = vertex.column;
      vertices[at + 1] = vertex.row;
    }
    return vertices;
  }
}
