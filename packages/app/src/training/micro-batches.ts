/**
 * One training step in parts, for a batch that does not fit into memory at once.
 *
 * The information belongs to the whole batch: its joint distribution is a mean over all images, and the mean of parts'
 * informations is another number. So the step goes over the batch twice:
 *
 *   1. without gradients, part by part: only the maps that are compared are kept, K channels for each pixel;
 *      the objective compares those of the whole batch, and gives its gradient G by these maps
 *   2. part by part with gradients: the gradient of sum(maps * G) is that part's share of the whole gradient
 *
 * The sum of the shares is the whole batch's gradient, exactly (up to the order of float32 sums), for one forward pass more.
 * Batch normalisation is the exception: its statistics are those of a part, in both passes, and its running statistics
 * follow the parts. The stem always has one. Where processes share a batch, a part's statistics are those of that part in all.
 */
import type { Network } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { ComparisonContext, Objective, ViewMaps } from './objective.js';
import { maskOf, outcomeOf, viewMaps, type StepOptions, type StepOutcome } from './step.js';
import type { StepViews } from './views.js';

export interface MicroBatchOptions extends StepOptions {
  /** Images of a part; the last one may have fewer. */
  readonly microBatch: number;
}

/** The outcome of `trainingStep`, at the memory of a part. */
export function microBatchedStep(
  network: Network,
  views: StepViews,
  objective: Objective,
  { microBatch, random, share, ...context }: MicroBatchOptions,
): StepOutcome {
  const [images] = views.images[0].shape;
  const starts = Array.from({ length: Math.ceil(images / microBatch) }, (_, part) => part * microBatch);
  // Dropout drops the same in both passes.
  const draws = starts.map(() => advance(random));
  const lookAt = (part: number): [ViewMaps, ViewMaps] =>
    viewMaps(network, partOf(views, starts[part], microBatch), objective, {
      random: draws[part]?.clone(),
      share: share && { ...share, first: share.first + starts[part] },
    });

  const looks = starts.map((_, part) => tf.tidy(() => lookAt(part)));
  const { value, gauges, slopes } = compareWhole(looks, objective, {
    ...context,
    mask: maskOf(views),
    brightness: views.brightness,
    share,
  });
  tf.dispose(looks);

  let sums: tf.Tensor[] | undefined;
  starts.forEach((start, part) => {
    const partOfLoss = () =>
      tf.addN(
        flatten(lookAt(part)).map(([name, map], index) => {
          const slope = tf.slice(slopes[index], [start, 0, 0, 0], [map.shape[0], -1, -1, -1]);
          if (slope.shape.join() !== map.shape.join()) throw new Error(`microBatchedStep: '${name}' changed its shape`);
          return tf.sum(tf.mul(map, slope));
        }),
      ) as tf.Scalar;
    const { value: unused, grads } = tf.variableGrads(partOfLoss, network.variables as tf.Variable[]);
    const shares = network.variables.map(({ name }, index) => grads[name] ?? tf.zerosLike(network.variables[index]));
    const before = sums;
    sums = before ? tf.tidy(() => shares.map((gradient, index) => tf.add(before[index], gradient))) : shares;
    tf.dispose([unused, ...(before ? [...before, ...shares] : [])]);
  });
  tf.dispose(slopes);
  return outcomeOf(value, gauges, sums!);
}

/** The loss and the gauges of the whole batch, and the loss's gradient by each map of each view. */
function compareWhole(looks: readonly [ViewMaps, ViewMaps][], objective: Objective, context: ComparisonContext) {
  let gauges: tf.Tensor2D | undefined;
  const names = Object.keys(looks[0][0]);
  const { value, slopes } = tf.tidy(() => {
    const whole = looks
      .map((look) => flatten(look))
      .reduce<tf.Tensor4D[][]>((all, maps) => maps.map(([, map], index) => [...(all[index] ?? []), map]), [])
      .map((parts) => tf.concat(parts, 0));
    const compare = (...maps: tf.Tensor[]) => {
      const view = (first: number): ViewMaps =>
        Object.fromEntries(names.map((name, index) => [name, maps[first + index] as tf.Tensor4D]));
      const comparison = objective.compare(view(0), view(names.length), context);
      gauges = tf.keep(comparison.gauges);
      return comparison.loss;
    };
    const { value, grads } = tf.valueAndGrads(compare)(whole);
    return { value, slopes: grads };
  });
  return { value: value as tf.Scalar, slopes: slopes as tf.Tensor4D[], gauges: gauges! };
}

/** The maps of both views as one list, the first view's first. */
function flatten([a, b]: readonly [ViewMaps, ViewMaps]): [string, tf.Tensor4D][] {
  return [...Object.entries(a), ...Object.entries(b)];
}

function partOf(views: StepViews, start: number, size: number): StepViews {
  const [a, b] = views.images;
  const count = Math.min(size, a.shape[0] - start);
  const cut = <T extends tf.Tensor>(map: T) =>
    tf.slice(map, [start, ...map.shape.slice(1).map(() => 0)], [count, ...map.shape.slice(1)]) as T;
  const first = cut(a);
  return { ...views, images: [first, a === b ? first : cut(b)], mask: views.mask && cut(views.mask) };
}

/** A generator of this part's own, in the same place whenever it is asked. */
function advance(random?: RandomGenerator): RandomGenerator | undefined {
  if (random === undefined) return undefined;
  const own = random.clone();
  random.next();
  return own;
}
