/**
 * Photometric jitter: random light for images with any number of bands, random colour for those with red, green, blue.
 *
 *   y[k] = gain[k] * brightness * (mean + contrast * (x[k] - mean)),   mean over the image's pixels and bands
 *
 * then, for RGB, the colour is scaled away from the grey axis (saturation) and turned about it (hue), and all is cut to
 * 0..1. Turning by a third sends red to green, green to blue and blue to red.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export interface JitterOptions {
  /** Factor drawn from 1 - b to 1 + b, one an image. @defaultValue 0 */
  readonly brightness?: number;
  /** Factor drawn from 1 - c to 1 + c, one an image. @defaultValue 0 */
  readonly contrast?: number;
  /** Factor drawn from 1 - g to 1 + g, one for each band of an image. @defaultValue 0 */
  readonly gain?: number;
  /** Factor drawn from 1 - s to 1 + s; three bands only. @defaultValue 0 */
  readonly saturation?: number;
  /** Turn of the hue circle drawn from -h to h, 0.5 = half a turn; three bands only. @defaultValue 0 */
  readonly hue?: number;
  /** Where the images are a part of a batch. @defaultValue they are the batch */
  readonly neighbours?: JitterNeighbours;
}

/** How many images of the same batch other processes draw for, so that each draws its own light and none theirs. */
export interface JitterNeighbours {
  readonly before: number;
  readonly after: number;
}

/**
 * Each image of a batch in another light, drawn from the stream (4 + C numbers an image, whatever the options).
 *
 * @param images - [N, H, W, C] float32, 0..1
 * @returns a new array of the same shape, 0..1
 * @throws RangeError when an amount is outside 0..1 (hue: 0..0.5), or colour is asked of images without three bands
 */
export function jitterImages(
  images: Float32Array,
  shape: readonly [number, number, number, number],
  options: JitterOptions,
  random: RandomGenerator,
): Float32Array {
  const { brightness = 0, contrast = 0, gain = 0, saturation = 0, hue = 0 } = options;
  const { before, after } = options.neighbours ?? { before: 0, after: 0 };
  const [count, height, width, channels] = shape;
  check({ brightness, contrast, gain, saturation, hue }, shape, images.length);
  const draw = (amount: number) => amount * (2 * uniformFloat64(random) - 1);
  const skip = (others: number) => {
    for (let number = 0; number < others * (4 + channels); number++) uniformFloat64(random);
  };
  const jittered = new Float32Array(images.length);
  const length = height * width * channels;
  skip(before);
  for (let image = 0; image < count; image++) {
    const [source, target] = [images, jittered].map((all) => all.subarray(image * length, (image + 1) * length));
    const light = 1 + draw(brightness);
    const spread = 1 + draw(contrast);
    const gains = Float64Array.from({ length: channels }, () => light * (1 + draw(gain)));
    const [chroma, turn] = [1 + draw(saturation), 2 * Math.PI * draw(hue)];
    const mean = meanOf(source);
    for (let pixel = 0; pixel < length; pixel += channels) {
      for (let k = 0; k < channels; k++) target[pixel + k] = gains[k] * (mean + spread * (source[pixel + k] - mean));
    }
    if (saturation > 0 || hue > 0) recolour(target, colourMatrix(chroma, turn));
    for (let at = 0; at < length; at++) target[at] = Math.min(1, Math.max(0, target[at]));
  }
  skip(after);
  return jittered;
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at];
  return sum / values.length;
}

function check(amounts: Required<Omit<JitterOptions, 'neighbours'>>, shape: readonly number[], length: number): void {
  const faults = Object.entries(amounts)
    .filter(([name, amount]) => !(amount >= 0 && amount <= (name === 'hue' ? 0.5 : 1)))
    .map(([name, amount]) => `${name} must be from 0 to ${name === 'hue' ? 0.5 : 1}, got ${amount}`);
  if (shape[3] !== 3 && (amounts.saturation > 0 || amounts.hue > 0)) {
    faults.push(`saturation and hue need three bands, got shape [${shape}]; use gain instead`);
  }
  const size = shape.reduce((a, b) => a * b);
  if (size !== length) faults.push(`[${shape}] needs ${size} values, got ${length}`);
  if (faults.length > 0) throw new RangeError(`jitterImages: ${faults.join('; ')}`);
}

/** [3, 3], row by row: projection on the grey axis + chroma * rotation about it of the rest (Rodrigues' formula). */
function colourMatrix(chroma: number, turn: number): Float64Array {
  const along = chroma * Math.cos(turn);
  const across = (chroma * Math.sin(turn)) / Math.sqrt(3);
  const same = (1 + 2 * along) / 3;
  const [next, previous] = [(1 - along) / 3 - across, (1 - along) / 3 + across];
  return Float64Array.of(same, next, previous, previous, same, next, next, previous, same);
}

function recolour(image: Float32Array, matrix: Float64Array): void {
  for (let at = 0; at < image.length; at += 3) {
    const r = image[at];
    const g = image[at + 1];
    const b = image[at + 2];
    for (let k = 0; k < 3; k++) image[at + k] = matrix[3 * k] * r + matrix[3 * k + 1] * g + matrix[3 * k + 2] * b;
  }
}
