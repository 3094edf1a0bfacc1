/**
 * Gradients checked against central differences.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

export interface GradientOptions {
  /** Step h of the differences. @defaultValue 1e-2: float32 rounding and the error of order h^2 are then of one size */
  readonly step?: number;
  /** Largest difference allowed, relative to the largest slope. @defaultValue 2e-3 */
  readonly tolerance?: number;
}

/**
 * Expects the gradient of `fn`, summed with fixed weights, to equal (f(x + h) - f(x - h)) / 2h for every entry of every x.
 *
 * @param fn - differentiable; its output may have any shape
 * @param xs - the points at which it is checked; not changed
 */
export function expectGradientsClose<const T extends readonly tf.Tensor[]>(
  fn: (...xs: T) => tf.Tensor,
  xs: T,
  { step = 1e-2, tolerance = 2e-3 }: GradientOptions = {},
): void {
  const weighted = (...points: tf.Tensor[]) =>
    tf.tidy(() => {
      const y = fn(...(points as unknown as T));
      return tf.sum(tf.mul(y, irregular(y.shape)));
    }) as tf.Scalar;
  const gradients = tf.grads(weighted)(xs as unknown as tf.Tensor[]);
  xs.forEach((x, index) => {
    const actual = gradients[index].dataSync();
    const values = x.dataSync();
    const expected = Array.from(values, (_, entry) => {
      const at = (offset: number) =>
        tf.tidy(() => {
          const moved = Float32Array.from(values);
          moved[entry] += offset;
          return weighted(...xs.map((other, i) => (i === index ? tf.tensor(moved, x.shape) : other))).dataSync()[0];
        }) as unknown as number;
      return (at(step) - at(-step)) / (2 * step);
    });
    const scale = Math.max(1, ...expected.map(Math.abs));
    expected.forEach((slope, entry) => {
      expect(
        Math.abs(actual[entry] - slope) / scale,
        `argument ${index}, entry ${entry}: ${actual[entry]} against ${slope}`,
      ).toBeLessThan(tolerance);
    });
  });
  tf.dispose(gradients);
}

/** Weights without symmetry, so that errors do not cancel. */
function irregular(shape: number[]): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, index) => Math.sin(1.7 * index + 0.3) + 0.2),
    shape,
  );
}
