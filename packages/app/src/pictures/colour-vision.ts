/**
 * How far apart two colours look, to usual sight and to the two common kinds of colour blindness.
 *
 * Dichromacy is simulated in linear RGB with the matrices of [1] at severity 1; the distance is the Euclidean one in
 * CIELAB (deltaE of 1976), where about 2.3 is just noticeable and 10 is plain at a glance.
 *
 * [1] Machado, Oliveira, Fernandes. A Physiologically-based Model for Simulation of Color Vision Deficiency. 2009.
 */

/** sRGB, each 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];
/** CIELAB with white point D65: lightness 0..100, then the green-red and blue-yellow axes. */
export type Lab = readonly [lightness: number, greenRed: number, blueYellow: number];

export type ColourVision = 'usual' | 'protan' | 'deutan';
export const COLOUR_VISIONS: readonly ColourVision[] = ['usual', 'protan', 'deutan'];

type Matrix = readonly [Rgb, Rgb, Rgb];

const SIMULATION: Readonly<Record<ColourVision, Matrix>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** What a viewer of this kind sees of an sRGB colour, in CIELAB. */
export function seenAs(colour: Rgb, vision: ColourVision): Lab {
  const linear = colour.map(linearOf) as unknown as Rgb;
  const [red, green, blue] = SIMULATION[vision].map((row) => Math.min(1, Math.max(0, dot(row, linear))));
  return labOf([red, green, blue]);
}

/** Euclidean distance in CIELAB. */
export function deltaE(a: Lab, b: Lab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** The least deltaE of two sRGB colours over usual, protan and deutan sight. */
export function leastDeltaE(a: Rgb, b: Rgb): number {
  return Math.min(...COLOUR_VISIONS.map((vision) => deltaE(seenAs(a, vision), seenAs(b, vision))));
}

/** WCAG 2 relative luminance, 0..1. */
export function luminance(colour: Rgb): number {
  return dot([0.2126, 0.7152, 0.0722], colour.map(linearOf) as unknown as Rgb);
}

function linearOf(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Linear RGB 0..1 -> CIELAB. */
function labOf(linear: Rgb): Lab {
  const x = companded(dot([0.4124564, 0.3575761, 0.1804375], linear) / 0.95047);
  const y = companded(dot([0.2126729, 0.7151522, 0.072175], linear));
  const z = companded(dot([0.0193339, 0.119192, 0.9503041], linear) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function companded(value: number): number {
  return value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116;
}

function dot(a: Rgb, b: Rgb): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
