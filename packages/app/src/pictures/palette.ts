/**
 * One colour for each cluster, the same in every picture of a run and on every machine.
 *
 * The first seven are those of Okabe and Ito [1], which stay apart under protanopia and deuteranopia. Their eighth,
 * black, is left out: in a mask it reads as "no data". Each further colour is the one of a fixed grid that is farthest
 * from all before it to the viewer for whom they are closest (least deltaE over usual, protan and deutan sight), kept
 * away from white and from the grey that stands for pixels that are not valid.
 * Least distance in all: 17 among the first 16, 12 among 32, 7 among 50. Past some 20 colours no palette is easy for
 * everybody, which is why the pictures also carry names, ids and borders.
 *
 * [1] Okabe, Ito. Color Universal Design. 2008.
 */
import { COLOUR_VISIONS, deltaE, seenAs, type Lab, type Rgb } from './colour-vision.js';

/** Colours that differ; a cluster past this takes the colour of `cluster % 255` again. */
export const PALETTE_SIZE = 255;

/** What pixels that are not valid (no data, ignored by the labels) are painted in where a picture can't be transparent. */
export const NOT_VALID_RGB: Rgb = [136, 136, 136];

const OKABE_ITO: readonly Rgb[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/**
 * Colour of a cluster as `#rrggbb`.
 *
 * @throws RangeError when `cluster` is not an integer >= 0
 */
export function colorOf(cluster: number): string {
  if (!Number.isInteger(cluster) || cluster < 0)
    throw new RangeError(`colorOf: a cluster is an integer >= 0, got ${cluster}`);
  return hexOf(paletteRgb(cluster + 1)[cluster]);
}

/**
 * Colours of the clusters 0..k-1.
 *
 * @param k - number of clusters; the first colours of a longer palette are those of a shorter one
 */
export function paletteRgb(k: number): readonly Rgb[] {
  whole ??= extend(OKABE_ITO, PALETTE_SIZE);
  return Array.from({ length: k }, (_, cluster) => whole![cluster % PALETTE_SIZE]);
}

export function hexOf(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

let whole: readonly Rgb[] | undefined;

/** Farthest-point choice: `least[i]` is the distance of candidate i to the nearest colour taken so far. */
function extend(first: readonly Rgb[], size: number): readonly Rgb[] {
  const candidates = candidateColours();
  const seen = candidates.map(seenByAll);
  const avoided = [...first, NOT_VALID_RGB, [255, 255, 255] as const].map(seenByAll);
  const least = seen.map((one) => Math.min(...avoided.map((other) => distance(one, other))));
  const colours = [...first];
  while (colours.length < size) {
    let farthest = 0;
    // The margin keeps rounding, which may differ between machines, from settling a tie.
    for (let i = 1; i < least.length; i++) if (least[i] > least[farthest] + 1e-6) farthest = i;
    colours.push(candidates[farthest]);
    for (let i = 0; i < least.length; i++) least[i] = Math.min(least[i], distance(seen[i], seen[farthest]));
  }
  return colours;
}

/** The grid of 8 levels a channel, less what is too dark, too light, greyish or glaring for a mask. */
function candidateColours(): Rgb[] {
  const levels = [0, 36, 73, 109, 146, 182, 219, 255];
  const grid = levels.flatMap((red) => levels.flatMap((green) => levels.map((blue): Rgb => [red, green, blue])));
  return grid.filter((colour) => {
    const [lightness, greenRed, blueYellow] = seenAs(colour, 'usual');
    const chroma = Math.hypot(greenRed, blueYellow);
    return lightness >= 22 && lightness <= 90 && chroma >= 22 && chroma <= 95;
  });
}

function seenByAll(colour: Rgb): readonly Lab[] {
  return COLOUR_VISIONS.map((vision) => seenAs(colour, vision));
}

function distance(a: readonly Lab[], b: readonly Lab[]): number {
  return Math.min(...a.map((lab, vision) => deltaE(lab, b[vision])));
}
