/**
 * Adam [1] with a state that can be saved: tfjs's own recomputes its beta powers from the iteration count when weights
 * are set, and so does not resume to the same bits.
 *
 * The moments of all variables lie in a row: a dozen operations update them all, where many small ones would take longer to
 * call than to compute.
 *
 * [1] Kingma, Ba. Adam: A Method for Stochastic Optimization. ICLR 2015.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../run/safetensors.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface UpdateOptions {
  /** Scalar of bool: where it is false, nothing changes but `step`. Absent: it is true. */
  readonly when?: tf.Scalar;
}

export class Adam {
  /** Updates made so far. */
  step = 0;
  /** Of the gradients of all variables, one after the other. */
  private readonly moments: Readonly<Record<'first' | 'second', tf.Variable<tf.Rank.R1>>>;
  private readonly sizes: number[];

  /** @param variables - what is optimised, in an order that stays the same from run to run */
  constructor(private readonly variables: readonly tf.Variable[]) {
    this.sizes = variables.map(({ size }) => size);
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([sum(this.sizes)]), false));
    this.moments = { first: zeros(), second: zeros() };
  }

  /**
   * One update: theta -= rate * m^ / (sqrt(v^) + epsilon).
   *
   * @param gradients - one for each variable, in the constructor's order; stay the caller's
   */
  update(gradients: readonly tf.Tensor[], learningRate: number, { when }: UpdateOptions = {}): void {
    this.step += 1;
    // m^ = m / (1 - beta1^t) and v^ = v / (1 - beta2^t), folded into two scalars.
    const rate = learningRate / (1 - BETA1 ** this.step);
    const secondCorrection = 1 / (1 - BETA2 ** this.step);
    const set = (variable: tf.Variable, value: tf.Tensor) =>
      variable.assign(when ? tf.where(when, value, variable) : value);
    const { first, second } = this.moments;
    tf.tidy(() => {
      const gradient = tf.concat1d(gradients.map((gradient) => tf.reshape(gradient, [-1])));
      set(first, tf.add(tf.mul(first, BETA1), tf.mul(gradient, 1 - BETA1)));
      set(second, tf.add(tf.mul(second, BETA2), tf.mul(tf.square(gradient), 1 - BETA2)));
      const scale = tf.add(tf.sqrt(tf.mul(second, secondCorrection)), EPSILON);
      const changes = tf.split(tf.mul(tf.div(first, scale), rate), this.sizes);
      this.variables.forEach((variable, i) => set(variable, tf.sub(variable, tf.reshape(changes[i], variable.shape))));
    });
  }

  /** Copies of each variable's moments by name (`first.0`, `second.0`, ...); waits for the device. */
  async state(): Promise<Record<string, NamedArray>> {
    const { first, second } = this.moments;
    const values = { first: await first.data<'float32'>(), second: await second.data<'float32'>() };
    return Object.fromEntries(
      this.places().map(({ name, moment, start, shape, size }) => [
        name,
        { shape, data: values[moment].slice(start, start + size) },
      ]),
    );
  }

  /** Sets the moments to those that `state` gave. @returns the first name whose array is missing or of another size, if any */
  restore(state: Readonly<Record<string, NamedArray | undefined>>): string | undefined {
    const places = this.places();
    const unfit = places.find(({ name, size }) => state[name]?.data.length !== size);
    if (unfit !== undefined) return unfit.name;
    for (const [moment, variable] of Object.entries(this.moments)) {
      const values = new Float32Array(variable.size);
      for (const place of places) if (place.moment === moment) values.set(state[place.name]!.data, place.start);
      tf.tidy(() => variable.assign(tf.tensor1d(values)));
    }
    return undefined;
  }

  dispose(): void {
    tf.dispose([this.moments.first, this.moments.second]);
  }

  /** Where each variable's moments are, by the names that a checkpoint has for them. */
  private places() {
    let next = 0;
    return this.variables.flatMap(({ shape, size }, i) => {
      const start = next;
      next += size;
      return (['first', 'second'] as const).map((moment) => ({ name: `${moment}.${i}`, moment, start, shape, size }));
    });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
