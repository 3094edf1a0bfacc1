/** The map as a board: cells, the path of an ordering over them, and a cursor that pointer and keys move. */

const SVG = 'http://www.w3.org/2000/svg';
/** Units of the picture per cell. */
const CELL = 10;
/** Above this side numbers are too small to read. */
const LARGEST_NUMBERED = 12;

export interface BoardHandlers {
  /** The cursor came to a cell, by pointer or by arrow key. */
  onPoint(cell: number): void;
  /** A cell was pressed or, while the pointer is down, passed. */
  onDraw(cell: number): void;
}

export interface BoardPicture {
  readonly side: number;
  /** [side * side] turns. */
  readonly turns: Int32Array;
  /** Class of each cell beside `cell`. */
  readonly classOf: (cell: number) => string;
  readonly cursor: number;
}

export class Board {
  private side = 0;
  private cursor = 0;
  private cells: SVGRectElement[] = [];
  private numbers: SVGTextElement[] = [];
  private path = document.createElementNS(SVG, 'polyline');

  constructor(
    private readonly svg: SVGSVGElement,
    private readonly handlers: BoardHandlers,
  ) {
    svg.addEventListener('pointermove', (event) => this.onPointer(event, event.buttons === 1));
    svg.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      svg.focus();
      this.onPointer(event, true);
    });
    svg.addEventListener('keydown', (event) => this.onKey(event));
  }

  draw({ side, turns, classOf, cursor }: BoardPicture): void {
    if (side !== this.side) this.layOut(side);
    this.cursor = cursor;
    this.cells.forEach((cell, index) => cell.setAttribute('class', `cell ${classOf(index)}`));
    const order = new Int32Array(turns.length);
    turns.forEach((turn, cell) => (order[turn] = cell));
    this.path.setAttribute('points', Array.from(order, (cell) => this.centre(cell).join(',')).join(' '));
    this.numbers.forEach((number, cell) => (number.textContent = String(turns[cell])));
  }

  private layOut(side: number): void {
    this.side = side;
    this.svg.setAttribute('viewBox', `0 0 ${side * CELL} ${side * CELL}`);
    this.cells = Array.from({ length: side ** 2 }, (_, index) => {
      const cell = document.createElementNS(SVG, 'rect');
      const place = { x: (index % side) * CELL, y: Math.floor(index / side) * CELL, width: CELL, height: CELL };
      for (const [name, value] of Object.entries(place)) cell.setAttribute(name, String(value));
      return cell;
    });
    this.numbers = side > LARGEST_NUMBERED ? [] : this.cells.map((_, index) => this.numberAt(index));
    this.path = document.createElementNS(SVG, 'polyline');
    this.path.setAttribute('class', 'path');
    const title = this.svg.querySelector('title');
    const defs = this.svg.querySelector('defs');
    this.svg.replaceChildren(
      ...[title, defs].filter((element) => element !== null),
      ...this.cells,
      this.path,
      ...this.numbers,
    );
  }

  private numberAt(index: number): SVGTextElement {
    const text = document.createElementNS(SVG, 'text');
    const [x, y] = this.centre(index);
    text.setAttribute('x', String(x));
    text.setAttribute('y', String(y + 1.1));
    return text;
  }

  private centre(cell: number): [number, number] {
    return [((cell % this.side) + 0.5) * CELL, (Math.floor(cell / this.side) + 0.5) * CELL];
  }

  private onPointer(event: PointerEvent, pressed: boolean): void {
    const box = this.svg.getBoundingClientRect();
    const place = (from: number, start: number, length: number) =>
      Math.min(this.side - 1, Math.max(0, Math.floor(((from - start) / length) * this.side)));
    const cell = place(event.clientY, box.top, box.height) * this.side + place(event.clientX, box.left, box.width);
    if (pressed) this.handlers.onDraw(cell);
    if (cell !== this.cursor) this.handlers.onPoint(cell);
  }

  private onKey(event: KeyboardEvent): void {
    const [row, column] = [Math.floor(this.cursor / this.side), this.cursor % this.side];
    const moves: Record<string, readonly [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [row, 0],
      End: [row, this.side - 1],
    };
    if (event.key === ' ' || event.key === 'Enter') this.handlers.onDraw(this.cursor);
    else if (event.key in moves) {
      const within = (value: number) => Math.min(this.side - 1, Math.max(0, value));
      const [down, right] = moves[event.key];
      this.handlers.onPoint(within(down) * this.side + within(right));
    } else return;
    event.preventDefault();
  }
}
