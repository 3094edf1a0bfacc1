/**
 * One training step: two views of one batch, and the mutual information between their outputs.
 *
 *   loss = - sum over heads of I(softmax f_head(x_a; o_a), softmax f_head(x_b; o_b))
 *
 * The two views differ by their ordering, and, where the recipe says so, by photometric jitter and a mirror image of the
 * second, undone on its output so that positions correspond.
 */
import { effectiveClusters, mutualInformation } from '@autoregseg/losses';
import type { Network, View } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config.js';

/** What the two views of a step are made of. */
export interface StepViews {
  /** [N, H, W, C] normalised images of each view; the same tensor when no jitter is asked for. */
  readonly images: readonly [tf.Tensor4D, tf.Tensor4D];
  readonly orderings: readonly [View, View];
  /** Axes of [N, H, W, C] along which the second view is mirrored; undone on its output. */
  readonly flipAxes: readonly number[];
  /** [N, H, W] 1 where a pixel counts, 0 for alpha and nodata; absent: all count. */
  readonly mask?: tf.Tensor3D;
}

export interface StepGauges {
  readonly loss: number;
  /** Mutual information of each main head, nats. */
  readonly information: readonly number[];
  /** exp(entropy of the mean assignment) of each main head. */
  readonly effectiveClusters: readonly number[];
  /** Share of positions where both views choose the same cluster, for each main head. */
  readonly agreement: readonly number[];
}

export interface StepOutcome {
  readonly gauges: StepGauges;
  /** One for each of network.variables; the caller's to dispose. */
  readonly gradients: readonly tf.Tensor[];
}

type LossChoices = Pick<TrainConfig, 'halfWindow' | 'joint' | 'entropyWeight'>;

/**
 * Gradients and gauges of one step; the network is not changed but for its running statistics.
 *
 * @param mainHeads - names of the heads that gauges are wanted of
 */
export function trainingStep(
  network: Network,
  views: StepViews,
  mainHeads: readonly string[],
  choices: LossChoices,
): StepOutcome {
  let gauges: tf.Tensor1D | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const [a, b] = viewProbabilities(network, views);
    const informations = Object.fromEntries(
      Object.keys(a).map((head) => [head, mutualInformation(a[head], b[head], { ...choices, mask: views.mask })]),
    );
    gauges = tf.keep(tf.tidy(() => stackGauges(mainHeads, informations, a, b)));
    return tf.neg(tf.addN(Object.values(informations))) as tf.Scalar;
  }, network.variables as tf.Variable[]);
  const [loss] = value.dataSync();
  const rows = gauges!.dataSync();
  tf.dispose([value, gauges!]);
  const row = (i: number) => Array.from(rows.subarray(i * mainHeads.length, (i + 1) * mainHeads.length));
  return {
    gauges: { loss, information: row(0), effectiveClusters: row(1), agreement: row(2) },
    gradients: network.variables.map((variable) => grads[variable.name]),
  };
}

type HeadMaps = Record<string, tf.Tensor4D>;

/** Cluster probabilities of both views, on the same positions. */
function viewProbabilities(network: Network, views: StepViews): [HeadMaps, HeadMaps] {
  const [imagesA, imagesB] = views.images;
  const [orderingA, orderingB] = views.orderings;
  const mirror = (map: tf.Tensor4D) => (views.flipAxes.length > 0 ? tf.reverse(map, [...views.flipAxes]) : map);
  const mapsA = network.stem(imagesA, { training: true });
  // The stem is not masked: without jitter and mirror both views share it.
  const shared = imagesA === imagesB && views.flipAxes.length === 0;
  const mapsB = shared ? mapsA : network.stem(mirror(imagesB), { training: true });
  const size: [number, number] = [imagesA.shape[1], imagesA.shape[2]];
  const probabilities = (maps: tf.Tensor4D, ordering: View): HeadMaps =>
    mapValues(network.decode(network.encode(maps, ordering, { training: true }), size), (logits) => tf.softmax(logits));
  return [probabilities(mapsA, orderingA), mapValues(probabilities(mapsB, orderingB), mirror)];
}

/** [information of each head | effective clusters | agreement], flat. */
function stackGauges(
  heads: readonly string[],
  informations: Record<string, tf.Scalar>,
  a: HeadMaps,
  b: HeadMaps,
): tf.Tensor1D {
  const effective = heads.map((head) => effectiveClusters(a[head]));
  const agreement = heads.map((head) =>
    tf.mean(tf.cast(tf.equal(tf.argMax(a[head], 3), tf.argMax(b[head], 3)), 'float32')),
  );
  return tf.stack([...heads.map((head) => informations[head]), ...effective, ...agreement]) as tf.Tensor1D;
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
