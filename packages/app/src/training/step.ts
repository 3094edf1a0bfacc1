/**
 * One training step: two views of one batch through the network, compared by an objective, and the gradients.
 */
import type { BatchShare, Network, View } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Objective, ViewMaps } from './objective.js';
import { stepReport } from './step-report.js';
import type { StepViews } from './views.js';

export interface StepOutcome {
  /** Loss and gauges (step-report.ts), perhaps still being computed; the caller's to dispose. */
  readonly report: tf.Tensor1D;
  /** One for each of network.variables, zero where the loss does not reach; the caller's to dispose. */
  readonly gradients: readonly tf.Tensor[];
}

export interface StepOptions {
  /** Pass over the images, from 0. */
  readonly epoch: number;
  /** Number of the step, from 1. */
  readonly step: number;
  /** Draws what dropout drops. */
  readonly random?: RandomGenerator;
  /** Where the views are one process's part of a batch; gradients are then this part's share of their sum. */
  readonly share?: BatchShare;
}

/** What a pass through the network has to know beside the images. */
export type PassChoices = Pick<StepOptions, 'random' | 'share'>;

/** Gradients and report of one step, without waiting for the device; the network is not changed but for its running statistics. */
export function trainingStep(
  network: Network,
  views: StepViews,
  objective: Objective,
  { epoch, step, random, share }: StepOptions,
): StepOutcome {
  let gauges: tf.Tensor2D | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const [a, b] = viewMaps(network, views, objective, { random, share });
    const context = { mask: maskOf(views), brightness: views.brightness, epoch, step, share };
    const comparison = objective.compare(a, b, context);
    gauges = tf.keep(comparison.gauges);
    return comparison.loss;
  }, network.variables as tf.Variable[]);
  // A head that rests, or that is fitted afterwards, is out of the loss's reach.
  const gradients = network.variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable));
  return outcomeOf(value, gauges!, gradients);
}

/** The report of a step whose loss and gauges are these, which it frees. */
export function outcomeOf(loss: tf.Scalar, gauges: tf.Tensor2D, gradients: readonly tf.Tensor[]): StepOutcome {
  const report = stepReport(loss, gauges, gradients);
  tf.dispose([loss, gauges]);
  return { report, gradients };
}

/** The maps of both views, on the same positions. */
export function viewMaps(
  network: Network,
  views: StepViews,
  objective: Objective,
  pass: PassChoices = {},
): [ViewMaps, ViewMaps] {
  const [imagesA, imagesB] = views.images;
  const [orderingA, orderingB] = views.orderings;
  const mirror = (map: tf.Tensor4D) => (views.flipAxes.length > 0 ? tf.reverse(map, [...views.flipAxes]) : map);
  const stemA = network.stem(imagesA, { training: true, ...pass });
  // The stem is not masked: without jitter, mirror and window both views share it.
  const shared = imagesA === imagesB && views.flipAxes.length === 0;
  const stemB = shared ? stemA : network.stem(mirror(imagesB), { training: true, ...pass });
  const [, height, width] = imagesA.shape;
  const { top, left, ...part } = views.window ?? { top: 0, left: 0, height, width };
  const places = (pixels: number) => Math.ceil(pixels / objective.stride);
  const look = (stem: tf.Tensor4D, view: View, rows: number, columns: number): ViewMaps =>
    objective.maps(network, network.encode(stem, view, { training: true, ...pass }), [places(rows), places(columns)]);
  const inWindow = (map: tf.Tensor4D) =>
    tf.slice(map, [0, places(top), places(left), 0], [-1, places(part.height), places(part.width), -1]);
  const a = look(stemA, orderingA, height, width);
  return [
    views.window ? mapValues(a, inWindow) : a,
    // At the window's size the enlargement is undone, then the mirror.
    mapValues(look(stemB, orderingB, part.height, part.width), mirror),
  ];
}

/** The mask of what is compared. */
export function maskOf({ mask, window }: StepViews): tf.Tensor3D | undefined {
  if (!mask || !window) return mask;
  return tf.slice(mask, [0, window.top, window.left], [-1, window.height, window.width]);
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
