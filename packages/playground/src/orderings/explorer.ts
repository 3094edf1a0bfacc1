/** The first part of the page: choose or draw an ordering, and watch what each position sees. */
import { ORDERING_NAMES, orderingByName, type Ordering } from '@autoregseg/orderings/ranks';
import { elementOf } from '../dom.js';
import { Board } from './board.js';
import { Drawing } from './drawn-ordering.js';
import { kindFor, overlap, sightOf, type LayerKind, type Sight } from './sight.js';

const DRAWN = 'drawn by you';
const NONE = 'none';
const BLOCKS = 'blocks:4';
const RANDOM = 'random:7';
const STEP_MS = 140;
const NOTES: Readonly<Record<LayerKind, string>> = {
  shifted: 'Each kernel is moved into the past as a whole.',
  centered: 'Each kernel stays around its position; its taps on the future are masked.',
  attention: 'Each position looks at all earlier ones at once.',
};
const FALLS_BACK =
  'One shifted kernel follows raster scans only: this ordering is shown centered, with a mask of its own at each position.';

export class Explorer {
  private side = 9;
  private cursor = 40;
  private drawing = new Drawing(this.side);
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly board = new Board(elementOf('board', SVGSVGElement), {
    onPoint: (cell) => this.moveTo(cell),
    onDraw: (cell) => this.drawAt(cell),
  });
  private readonly ordering = elementOf('ordering', HTMLSelectElement);
  private readonly other = elementOf('other-ordering', HTMLSelectElement);
  private readonly kind = elementOf('layer-kind', HTMLSelectElement);
  private readonly layers = elementOf('layers', HTMLInputElement);
  private readonly size = elementOf('side', HTMLInputElement);
  private readonly play = elementOf('play', HTMLButtonElement);

  /** Fills the controls and listens to them. */
  start(): void {
    for (const name of [...ORDERING_NAMES, BLOCKS, RANDOM, DRAWN]) this.ordering.add(new Option(name));
    for (const name of [NONE, ...ORDERING_NAMES, BLOCKS, RANDOM]) this.other.add(new Option(name));
    for (const control of [this.ordering, this.other, this.kind]) control.addEventListener('change', () => this.show());
    this.layers.addEventListener('input', () => this.show());
    this.size.addEventListener('input', () => this.resize());
    this.play.addEventListener('click', () => (this.timer === undefined ? this.walk() : this.stop()));
    elementOf('draw', HTMLButtonElement).addEventListener('click', () => this.startDrawing());
    elementOf('undo', HTMLButtonElement).addEventListener('click', () => this.changeDrawing(() => this.drawing.undo()));
    this.show();
  }

  private get isDrawing(): boolean {
    return this.ordering.value === DRAWN;
  }

  private chosen(): Ordering {
    return this.isDrawing ? this.drawing.ordering() : orderingByName(this.ordering.value);
  }

  private compared(): Ordering | undefined {
    return this.other.value === NONE ? undefined : orderingByName(this.other.value);
  }

  private moveTo(cell: number): void {
    this.stop();
    this.cursor = cell;
    this.show();
  }

  private drawAt(cell: number): void {
    this.stop();
    this.cursor = cell;
    if (this.isDrawing) this.drawing.draw(cell);
    this.show();
  }

  private startDrawing(): void {
    this.stop();
    this.ordering.value = DRAWN;
    this.drawing.clear();
    this.show();
    elementOf('board', SVGSVGElement).focus();
  }

  private changeDrawing(change: () => void): void {
    this.ordering.value = DRAWN;
    change();
    this.show();
  }

  private resize(): void {
    this.stop();
    this.side = this.size.valueAsNumber;
    this.drawing = new Drawing(this.side);
    this.cursor = Math.floor(this.side ** 2 / 2);
    this.show();
  }

  /** Walks the ordering from its first position to its last, and round again. */
  private walk(): void {
    this.play.textContent = 'Pause the walk';
    this.timer = setInterval(() => {
      const turns = this.chosen().rank(this.side, this.side);
      this.cursor = turns.indexOf((turns[this.cursor] + 1) % turns.length);
      this.show();
    }, STEP_MS);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.textContent = 'Walk the ordering';
  }

  private show(): void {
    const { side, cursor: position } = this;
    const ordering = this.chosen();
    const other = this.compared();
    const turns = ordering.rank(side, side);
    const kind = this.kind.value as LayerKind;
    const options = { side, position, layers: this.layers.valueAsNumber, kind };
    const sight = sightOf(ordering, options);
    const second = other && sightOf(other, options);
    this.board.draw({
      side,
      turns,
      cursor: position,
      classOf: (cell) => classOf(cell, position, sight, second, turns),
    });
    elementOf('layers-value', HTMLOutputElement).value = this.layers.value;
    elementOf('side-value', HTMLOutputElement).value = `${side} × ${side}`;
    elementOf('drawing-help', HTMLElement).hidden = !this.isDrawing;
    // A live region read out at each step of a walk would be noise.
    elementOf('sight', HTMLElement).setAttribute('aria-live', this.timer === undefined ? 'polite' : 'off');
    elementOf('sight', HTMLElement).textContent = describe(sight, second, turns, options);
    elementOf('kind-note', HTMLElement).textContent = kindFor(ordering, kind) === kind ? NOTES[kind] : FALLS_BACK;
  }
}

function classOf(cell: number, position: number, sight: Sight, second: Sight | undefined, turns: Int32Array): string {
  if (cell === position) return 'current';
  const [mine, others] = [sight.layers[cell] > 0, (second?.layers[cell] ?? 0) > 0];
  if (mine && others) return 'both';
  if (mine) return `seen layer-${Math.min(sight.layers[cell], 6)}`;
  if (others) return 'others';
  if (sight.blind[cell] === 1) return 'blind';
  return turns[cell] < turns[position] ? 'past' : 'future';
}

function describe(
  sight: Sight,
  second: Sight | undefined,
  turns: Int32Array,
  { side, position, layers }: { readonly side: number; readonly position: number; readonly layers: number },
): string {
  const count = (values: Uint8Array) => values.reduce((total, value) => total + (value > 0 ? 1 : 0), 0);
  const through = layers === 1 ? 'one layer' : `${layers} layers`;
  const sees = count(sight.layers);
  const blind = count(sight.blind);
  const parts = [
    `Row ${Math.floor(position / side) + 1}, column ${(position % side) + 1} has turn ${turns[position]} of 0 to ${turns.length - 1}.`,
    `Through ${through} it sees ${sees} ${sees === 1 ? 'position, itself' : 'positions, itself among them'}` +
      (blind === 0 ? '; no blind spot.' : `; within reach, earlier and yet not seen: ${blind}.`),
  ];
  if (second) {
    const shared = overlap(sight, second);
    parts.push(
      `Through the second ordering it sees ${count(second.layers)}; ` +
        `${shared === 1 ? 'only itself is' : `${shared} are`} seen by both.`,
    );
  }
  return parts.join(' ');
}
