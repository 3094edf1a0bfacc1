/**
 * An ordering as a picture: its path over a map, and what stacks of masked layers see from one position.
 *
 * Panels from left to right: the path, from light to dark; then for each kind of layer the map as the marked position has it.
 */
import {
  blindSpotMap,
  isRasterOrdering,
  receptiveFieldMap,
  type Ordering,
  type SightLayer,
} from '@autoregseg/orderings/ranks';
import { markup, type Markup } from './markup.js';

export interface OrderingPictureOptions {
  readonly height: number;
  readonly width: number;
  /** The position that looks. */
  readonly position: readonly [row: number, column: number];
  /** Layers in each stack. */
  readonly layers: number;
  /** Whether panels carry titles; a PNG is drawn without, since its letters depend on the machine's fonts. */
  readonly titles: boolean;
}

/** What one kind of layer sees. */
export interface Sight {
  readonly kind: 'convolution, centered' | 'convolution, shifted' | 'attention';
  /** [height * width], 1 = seen. */
  readonly seen: Uint8Array;
  /** [height * width], 1 = past, within reach, never seen. */
  readonly blind: Uint8Array;
}

/** What each kind of layer that can follow the ordering sees from the position. */
export function sightsOf(ordering: Ordering, options: Omit<OrderingPictureOptions, 'titles'>): Sight[] {
  const { layers, ...at } = options;
  const kinds: [Sight['kind'], SightLayer][] = [
    ['convolution, centered', { kind: 'convolution', form: 'centered' }],
    ...(isRasterOrdering(ordering)
      ? [['convolution, shifted', { kind: 'convolution', form: 'shifted' }] as [Sight['kind'], SightLayer]]
      : []),
    ['attention', { kind: 'attention' }],
  ];
  return kinds.map(([kind, layer]) => {
    const stack = Array.from({ length: layers }, () => layer);
    return { kind, seen: receptiveFieldMap(stack, ordering, at), blind: blindSpotMap(stack, ordering, at) };
  });
}

const CELL = 18;
const GAP = 24;
const TITLE = 22;

/** Okabe and Ito's blue and vermilion; greys for what is out of reach and what comes later. */
const SIGHT_COLOURS = { self: '#000000', seen: '#56b4e9', blind: '#d55e00', past: '#c8c8c8', future: '#f2f2f2' };

/** One self-contained SVG. */
export function orderingPicture(ordering: Ordering, options: OrderingPictureOptions): string {
  const { height, width, titles, layers } = options;
  const stacks = `${layers} ${layers === 1 ? 'layer' : 'layers'}`;
  const panels: [string, Markup][] = [
    [ordering.name, path(ordering, options)],
    ...sightsOf(ordering, options).map((sight): [string, Markup] => [
      `${stacks}: ${sight.kind}`,
      field(ordering, sight, options),
    ]),
  ];
  const top = titles ? TITLE : 0;
  const [wide, tall] = [panels.length * (width * CELL + GAP) + GAP, height * CELL + 2 * GAP + top];
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${tall}" width="${wide}" height="${tall}" font-family="system-ui, sans-serif" font-size="13">
<title>${ordering.name}: its path, and what ${stacks} of each kind see from row ${options.position[0]}, column ${options.position[1]}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${panels.map(
  ([title, panel], i) => markup`<g transform="translate(${GAP + i * (width * CELL + GAP)} ${GAP + top})">
${titles && markup`<text y="-9" fill="#1a1a1a">${title}</text>`}
${panel}
</g>
`,
)}</svg>
`.text;
}

function path(ordering: Ordering, { height, width, position }: OrderingPictureOptions): Markup {
  const turns = ordering.rank(height, width);
  const visited: string[] = [];
  turns.forEach((turn, i) => (visited[turn] = `${center(i % width)},${center(Math.floor(i / width))}`));
  const last = Math.max(1, turns.length - 1);
  return markup`${cells(
    Array.from(turns, (turn) => shade(turn / last)),
    width,
  )}
<polyline points="${visited.join(' ')}" fill="none" stroke="#d55e00" stroke-width="1.6" stroke-linejoin="round"/>
<circle cx="${center(position[1])}" cy="${center(position[0])}" r="4.5"/>`;
}

function field(
  ordering: Ordering,
  { seen, blind }: Sight,
  { height, width, position }: OrderingPictureOptions,
): Markup {
  const turns = ordering.rank(height, width);
  const own = position[0] * width + position[1];
  const colour = (i: number) => {
    if (i === own) return SIGHT_COLOURS.self;
    if (seen[i] === 1) return SIGHT_COLOURS.seen;
    if (blind[i] === 1) return SIGHT_COLOURS.blind;
    return turns[i] < turns[own] ? SIGHT_COLOURS.past : SIGHT_COLOURS.future;
  };
  return cells(
    Array.from(turns, (_, i) => colour(i)),
    width,
  );
}

/** The squares of a map, those of one colour in one path: the file stays small. */
function cells(colours: readonly string[], width: number): Markup {
  const paths = [...new Set(colours)].map((colour) => {
    const squares = colours.flatMap((other, i) =>
      other === colour
        ? [`M${(i % width) * CELL} ${Math.floor(i / width) * CELL}h${CELL - 1}v${CELL - 1}h${1 - CELL}z`]
        : [],
    );
    return markup`<path fill="${colour}" d="${squares.join('')}"/>`;
  });
  return markup`${paths}`;
}

function center(index: number): number {
  return index * CELL + (CELL - 1) / 2;
}

/** From nearly white to a dark blue, in steps. */
function shade(share: number): string {
  const [light, dark] = [
    [235, 243, 250],
    [70, 110, 160],
  ];
  const step = Math.round(share * SHADES) / SHADES;
  const channel = (i: number) => Math.round(light[i] + step * (dark[i] - light[i]));
  return `rgb(${channel(0)},${channel(1)},${channel(2)})`;
}

const SHADES = 12;
