/** The key to a folder of masks: which cluster has which colour, how much of the images it covers, what it looks like. */
import type { RasterImage } from '@autoregseg/data';
import { escapeMarkup } from './markup.js';
import { patchSheet } from './patch-sheet.js';
import { colorOf } from './palette.js';

export interface LegendCluster {
  /** 0..K-1, the pixel value in the masks. */
  readonly id: number;
  /** The class it was matched to, or a name given by the user. */
  readonly name?: string;
  /** The cluster that it counts as, whose pixels hold its own. */
  readonly mergedInto?: number;
  /** Share of all valid pixels, 0..1. */
  readonly share: number;
  /** Up to nine. */
  readonly patches: readonly RasterImage[];
}

/** One line of legend.json. */
export interface LegendEntry {
  readonly cluster: number;
  /** `#rrggbb` */
  readonly color: string;
  readonly name?: string;
  readonly mergedInto?: number;
  readonly share: number;
}

/** A cluster of the legend, whether its patches are at hand or not. */
export type LegendLine = Omit<LegendCluster, 'patches'> & Partial<Pick<LegendCluster, 'patches'>>;

/** The legend for programs. */
export function legendEntries(clusters: readonly LegendLine[]): LegendEntry[] {
  return clusters.map(({ id, name, mergedInto, share }) => ({
    cluster: id,
    color: colorOf(id),
    name,
    mergedInto,
    share,
  }));
}

const CARD = { width: 232, height: 284, gap: 16, columns: 6 };

/** The legend for people: one self-contained SVG picture, a card for each cluster. */
export async function legendSvg(clusters: readonly LegendCluster[]): Promise<string> {
  const columns = Math.min(CARD.columns, clusters.length);
  const rows = Math.ceil(clusters.length / CARD.columns);
  const width = columns * (CARD.width + CARD.gap) + CARD.gap;
  const height = rows * (CARD.height + CARD.gap) + CARD.gap;
  const cards = await Promise.all(clusters.map(card));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif">
<title>Legend: the ${clusters.length} clusters and their colours</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${cards.join('\n')}
</svg>
`;
}

async function card({ id, name, share, patches }: LegendCluster, place: number): Promise<string> {
  const x = CARD.gap + (place % CARD.columns) * (CARD.width + CARD.gap);
  const y = CARD.gap + Math.floor(place / CARD.columns) * (CARD.height + CARD.gap);
  const sheet = await patchSheet(patches, { cluster: id });
  const picture = Buffer.from(sheet.jpeg).toString('base64');
  const title = name === undefined ? `Cluster ${id}` : `${id} · ${name}`;
  return `<g transform="translate(${x} ${y})">
<rect y="2" width="18" height="18" rx="3" fill="${colorOf(id)}" stroke="#00000040"/>
<text x="26" y="17" font-size="16" font-weight="600" fill="#1a1a1a">${escapeMarkup(shortened(title))}</text>
<text y="42" font-size="14" fill="#555555">${(100 * share).toFixed(1)} % of the pixels</text>
<image y="54" width="${CARD.width}" height="${Math.round((CARD.width * sheet.height) / sheet.width)}" href="data:image/jpeg;base64,${picture}"/>
</g>`;
}

/** A card is about this many characters wide. */
const TITLE_LENGTH = 24;

function shortened(title: string): string {
  const characters = [...title];
  return characters.length <= TITLE_LENGTH ? title : `${characters.slice(0, TITLE_LENGTH - 1).join('')}…`;
}
