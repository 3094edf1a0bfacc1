/**
 * What a step says of itself, in one tensor: computed where the step is, and read over when somebody wants to know.
 *
 *   [loss, information, effective clusters, agreement, kappa (of each main head), sum of each gradient]
 *
 * Reading waits for the device to finish the step: on a GPU that is done every few steps, not in each.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface StepGauges {
  readonly loss: number;
  /** Mutual information of each main head over all images of the step, nats. */
  readonly information: readonly number[];
  /** exp(entropy of the mean assignment) of each main head. */
  readonly effectiveClusters: readonly number[];
  /** Share of positions where both views choose the same cluster, for each main head. */
  readonly agreement: readonly number[];
  /** The same beyond chance, Fleiss' kappa. */
  readonly kappa: readonly number[];
}

/** Numbers of each main head. */
const GAUGES = 4;

export interface StepReport {
  readonly gauges: StepGauges;
  /** Of each gradient; no finite number where one of its values is none. */
  readonly gradientSums: readonly number[];
}

/**
 * @param gauges - [GAUGES, main heads]: information, effective clusters, agreement, kappa
 * @returns [1 + GAUGES * main heads + gradients], the caller's to dispose
 */
export function stepReport(loss: tf.Scalar, gauges: tf.Tensor2D, gradients: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => {
    return tf.concat1d([tf.reshape(loss, [1]), tf.reshape(gauges, [-1]), sumsOf(gradients)]);
  });
}

/** The report of a process whose gradients were added to those of others; frees the former one. */
export function reportOfTeam(own: tf.Tensor1D, mainHeads: number, gradients: readonly tf.Tensor[]): tf.Tensor1D {
  const report = tf.tidy(() => {
    return tf.concat1d([tf.slice(own, [0], [1 + GAUGES * mainHeads]), sumsOf(gradients)]);
  });
  own.dispose();
  return report;
}

/** NaN and infinities survive a sum; that finite values overflow in one means that they are no use either. */
function sumsOf(gradients: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.stack(gradients.map((gradient) => tf.sum(gradient))) as tf.Tensor1D;
}

/** Whether all of a report is finite, still on the device. */
export function isFiniteReport(report: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() => tf.all(tf.isFinite(report)) as tf.Scalar);
}

/** @param values - of a report, read over */
export function readReport(values: ArrayLike<number>, mainHeads: number): StepReport {
  const [loss, ...rest] = Array.from(values);
  const row = (index: number) => rest.slice(index * mainHeads, (index + 1) * mainHeads);
  return {
    gauges: { loss, information: row(0), effectiveClusters: row(1), agreement: row(2), kappa: row(3) },
    gradientSums: rest.slice(GAUGES * mainHeads),
  };
}

/** The gauges of a step that was not made. */
export function noGauges(mainHeads: number): StepGauges {
  const none = Array.from({ length: mainHeads }, () => Number.NaN);
  return { loss: Number.NaN, information: none, effectiveClusters: none, agreement: none, kappa: none };
}
