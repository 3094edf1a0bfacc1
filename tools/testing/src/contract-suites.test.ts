/** The suites must fail where the contract is broken: a suite that passes everything is worse than none. */
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  expectAutoregressive,
  expectConfigRoundTrip,
  expectGradientsClose,
  expectNoLeakedTensors,
  irregularTensor,
  useTestEngine,
} from './index.js';

beforeAll(useTestEngine);

// What is tested here are assertions: to pass is not to throw, and each is shown to fail as well.
describe('expectGradientsClose', () => {
  const x = () => irregularTensor<tf.Rank.R1>([3], 1);

  it('passes a right gradient', () => {
    expect(() => expectGradientsClose((a, b) => tf.mul(tf.square(a), b), [x(), x()])).not.toThrow();
  });

  it('fails a wrong one and names the entry', () => {
    const wrong = tf.customGrad((...args) => {
      const [a] = args as [tf.Tensor];
      return { value: tf.square(a), gradFunc: (dy: tf.Tensor) => dy };
    });
    expect(() => expectGradientsClose((a) => wrong(a), [x()])).toThrow(/argument 0, entry 0: .* against/);
  });
});

describe('expectNoLeakedTensors', () => {
  it('counts what a function returns and fails at what it leaves', () => {
    const x = tf.scalar(1);
    expect(() => expectNoLeakedTensors(() => tf.add(x, 1), 1)).not.toThrow();
    expect(() => expectNoLeakedTensors(() => tf.tidy(() => tf.add(x, tf.keep(tf.scalar(1)))), 1)).toThrow(
      /tensors left behind: expected 2 to be 1/,
    );
  });
});

describe('expectConfigRoundTrip', () => {
  it('passes a registered layer', () => {
    expect(() => expectConfigRoundTrip(layers.dense({ units: 2, useBias: false }))).not.toThrow();
  });

  it('fails a layer that is not registered', () => {
    class Unknown extends layers.Layer {
      static readonly className = 'Unknown';
    }
    expect(() => expectConfigRoundTrip(new Unknown())).toThrow(/Unknown is registered/);
  });

  it('fails a layer that forgets an argument', () => {
    class Forgetful extends layers.Layer {
      static readonly className = 'Forgetful';
      private readonly units: number;
      constructor({ units = 1 }: { readonly units?: number }) {
        super({});
        this.units = units;
      }
      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), unit: this.units };
      }
    }
    tf.serialization.registerClass(Forgetful);
    expect(() => expectConfigRoundTrip(new Forgetful({ units: 3 }))).toThrow(/expected { name: .* to deeply equal/);
  });
});

describe('expectAutoregressive', () => {
  const reading = {
    name: 'reading',
    rank: (height: number, width: number) => Int32Array.from({ length: height * width }, (_, i) => i),
  };
  const size = { height: 1, width: 4, channels: 1 };
  /** Each position is the sum of those at these offsets along the row. */
  const sumOf = (offsets: number[]) => (x: tf.Tensor4D) => {
    const padded = tf.pad(x, [
      [0, 0],
      [0, 0],
      [3, 3],
      [0, 0],
    ]);
    return tf.addN(offsets.map((offset) => tf.slice(padded, [0, 0, 3 + offset, 0], [1, 1, 4, 1]))) as tf.Tensor4D;
  };

  it('passes a sum over all of the past', () => {
    expect(() => expectAutoregressive(sumOf([0, -1, -2, -3]), reading, size)).not.toThrow();
    expect(() => expectAutoregressive(sumOf([-1, -2, -3]), reading, { ...size, includeCenter: false })).not.toThrow();
  });

  it('passes a part of the past where no more is in reach', () => {
    const reach = (_row: number, column: number) => Math.abs(column) <= 1;
    expect(() => expectAutoregressive(sumOf([0, -1]), reading, { ...size, reach })).not.toThrow();
  });

  it('fails a map that sees the future', () => {
    expect(() => expectAutoregressive(sumOf([0, -1, -2, -3, 1]), reading, size)).toThrow(
      /what \(row 0, column 0\) sees under reading: expected '1 1 0 0' to be '1 0 0 0'/,
    );
  });

  it('fails a map that is blind to a part of the past', () => {
    expect(() => expectAutoregressive(sumOf([0, -1]), reading, size)).toThrow(
      /what \(row 0, column 2\) sees under reading: expected '0 1 1 0' to be '1 1 1 0'/,
    );
  });
});
