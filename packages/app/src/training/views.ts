/**
 * The two views of a step: two orderings, and, where the recipe says so, other light, a mirror image and a closer look.
 *
 * What is done to the second view's geometry is undone on its output, so that positions correspond: its maps are mirrored
 * back, and the maps of a window that was enlarged are brought to the window's size and compared with that part of the
 * first view's.
 */
import {
  flipAxes,
  jitterImages,
  randomFlip,
  randomStream,
  type Batch,
  type ChannelStatistics,
  type JitterNeighbours,
} from '@autoregseg/data';
import { pairOrderings, type Ordering, type View } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { TrainConfig } from './config.js';
import { normaliseBatch } from './input.js';
import { brightnessOf } from './light-groups.js';

/** A part of the first view's image, in pixels; its edges lie on the stem's grid. */
export interface ViewWindow {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** What the two views of a step are made of. */
export interface StepViews {
  /** [N, H, W, C] normalised images of each view; the same tensor when they do not differ. */
  readonly images: readonly [tf.Tensor4D, tf.Tensor4D];
  readonly orderings: readonly [View, View];
  /** Axes of [N, H, W, C] along which the second view is mirrored; undone on its output. */
  readonly flipAxes: readonly number[];
  /** What part of the first view the second one shows, enlarged to the same size; absent: all of it. */
  readonly window?: ViewWindow;
  /** [N] how bright each image is, before jitter (light-groups.ts). */
  readonly brightness: Float32Array;
  /** [N, H, W] 1 where a pixel counts, 0 for alpha and nodata; absent: all count. */
  readonly mask?: tf.Tensor3D;
}

type ViewChoices = Pick<TrainConfig, 'jitter' | 'flip' | 'pairing' | 'viewCrop' | 'seed'> & {
  /** Images of the same batch that other processes see, so that light is drawn as for the whole batch. */
  readonly neighbours?: JitterNeighbours;
};

/** Streams of random numbers of one run; batches have streams of their own. */
const VIEWS = 1;

/** Sides of windows are multiples of this: every output stride divides it. */
const GRID = 4;

/**
 * Draws the views of a step from (seed, step) alone.
 *
 * @param orderings - what pairs are drawn from
 * @returns tensors that are the caller's to dispose
 */
export function drawViews(
  batch: Batch,
  step: number,
  orderings: readonly Ordering[],
  statistics: ChannelStatistics,
  { jitter, flip, pairing, viewCrop, seed, neighbours }: ViewChoices,
): StepViews {
  const { images, shape, valid } = batch;
  const random = randomStream(seed, VIEWS, step);
  const pair: [View, View] =
    pairing === 'unmasked' ? ['unmasked', 'unmasked'] : pairOrderings({ orderings, pairing, random });
  const axes = flipAxes(randomFlip(random, { horizontal: flip ? 0.5 : 0 }));
  const light = { ...jitterOptions(jitter, shape[3]), neighbours };
  const view = () => {
    const seen = jitter > 0 ? jitterImages(images, shape, light, random) : images;
    return normaliseBatch(seen, shape, statistics);
  };
  const first = view();
  const second = jitter > 0 ? view() : first;
  const [count, height, width] = shape;
  const window = viewCrop < 1 ? randomWindow(height, width, viewCrop, random) : undefined;
  const mask = valid && tf.tensor3d(Float32Array.from(valid), [count, height, width]);
  return {
    images: [first, window ? enlarged(second, window, second !== first) : second],
    orderings: pair,
    flipAxes: axes,
    window,
    brightness: brightnessOf(batch, statistics),
    mask,
  };
}

/** Frees what `drawViews` made. */
export function disposeViews({ images, mask }: StepViews): void {
  tf.dispose([...images, ...(mask ? [mask] : [])]);
}

/** A window whose sides keep at least `least` of the image's. */
function randomWindow(height: number, width: number, least: number, random: RandomGenerator): ViewWindow {
  const kept = least + (1 - least) * uniformFloat64(random);
  const side = (pixels: number) => Math.max(GRID, Math.floor((kept * pixels) / GRID) * GRID);
  const [rows, columns] = [side(height), side(width)];
  const corner = (free: number) => GRID * uniformInt(random, 0, Math.floor(free / GRID));
  return { top: corner(height - rows), left: corner(width - columns), height: rows, width: columns };
}

/** The window, enlarged to the image's size. */
function enlarged(images: tf.Tensor4D, { top, left, height, width }: ViewWindow, disposeSource: boolean): tf.Tensor4D {
  const [count, rows, columns, channels] = images.shape;
  const result = tf.tidy(() => {
    const part = tf.slice(images, [0, top, left, 0], [count, height, width, channels]);
    return tf.image.resizeBilinear(part, [rows, columns], false, true);
  });
  if (disposeSource) images.dispose();
  return result;
}

/** One strength for all kinds of light; colour is turned only where there are red, green and blue. */
function jitterOptions(strength: number, channels: number) {
  const light = { brightness: 0.4 * strength, contrast: 0.4 * strength, gain: 0.2 * strength };
  return channels === 3 ? { ...light, saturation: 0.4 * strength, hue: 0.1 * strength } : light;
}
