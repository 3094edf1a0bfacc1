/**
 * Adam [1] with a state that can be saved: tfjs's own recomputes its beta powers from the iteration count when weights
 * are set, and so does not resume to the same bits.
 *
 * [1] Kingma, Ba. Adam: A Method for Stochastic Optimization. ICLR 2015.
 */
import * as tf from '@tensorflow/tfjs-core';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** First and second moment of one variable's gradient. */
interface Moments {
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

export interface UpdateOptions {
  /** Scalar of bool: where it is false, nothing changes but `step`. Absent: it is true. */
  readonly when?: tf.Scalar;
}

export class Adam {
  /** Updates made so far. */
  step = 0;
  private readonly moments: readonly Moments[];

  /** @param variables - what is optimised, in an order that stays the same from run to run */
  constructor(private readonly variables: readonly tf.Variable[]) {
    this.moments = variables.map((variable) => ({
      first: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
      second: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
    }));
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
    this.variables.forEach((variable, i) => {
      const { first, second } = this.moments[i];
      tf.tidy(() => {
        const gradient = gradients[i];
        set(first, tf.add(tf.mul(first, BETA1), tf.mul(gradient, 1 - BETA1)));
        set(second, tf.add(tf.mul(second, BETA2), tf.mul(tf.square(gradient), 1 - BETA2)));
        const scale = tf.add(tf.sqrt(tf.mul(second, secondCorrection)), EPSILON);
        set(variable, tf.sub(variable, tf.mul(tf.div(first, scale), rate)));
      });
    });
  }

  /** Moments by name (`first.0`, `second.0`, ...); the variables stay the optimizer's. */
  state(): Record<string, tf.Variable> {
    return Object.fromEntries(
      this.moments.flatMap(({ first, second }, i) => [
        [`first.${i}`, first],
        [`second.${i}`, second],
      ]),
    );
  }

  dispose(): void {
    for (const { first, second } of this.moments) {
      first.dispose();
      second.dispose();
    }
  }
}
