/**
 * Batch normalisation with the batch's own statistics, value and gradient, each one operation of TensorFlow.
 *
 * tfjs-core has the operation for given statistics alone: statistics, then a dozen passes for the gradient, cost several
 * times as much as the normalisation itself. `@autoregseg/orderings` uses these kernels where a backend has them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { nativeBackend, ofFloats, type OpAttribute } from './native-backend.js';
import type { Kernel } from './replace-kernel.js';

/** { x [N,H,W,C], scale [C], offset [C] }, { varianceEpsilon } -> [y, mean [C], variance [C]], the variance over all positions. */
export const batchNormTraining: Kernel<tf.Tensor[]> = ({ x, scale, offset }, attrs) => {
  const none = tf.zeros([0]); // no statistics are given
  const factor = attribute('exponential_avg_factor', 'TF_ATTR_FLOAT', 1);
  const outputs = nativeBackend().executeMultipleOutputs(
    'FusedBatchNormV3',
    [...attributesOf(attrs), factor],
    [x, scale, offset, none, none],
    6,
  );
  // The third is the variance over all positions but one; the fifth, which the gradient reads, that over all.
  const [y, mean, , , variance] = outputs;
  return [y, mean, variance];
};

/** { dy, x, scale, mean, variance }, { varianceEpsilon } -> [dx, dscale, doffset], through the statistics too. */
export const batchNormTrainingGrad: Kernel<tf.Tensor[]> = ({ dy, x, scale, mean, variance }, attrs) =>
  nativeBackend()
    .executeMultipleOutputs(
      'FusedBatchNormGradV3',
      attributesOf(attrs),
      [dy, x, scale, mean, variance, tf.zeros([0])],
      5,
    )
    .slice(0, 3);

function attributesOf({ varianceEpsilon }: tf.NamedAttrMap): OpAttribute[] {
  const floats = ofFloats(nativeBackend());
  return [
    floats,
    { ...floats, name: 'U' },
    attribute('epsilon', 'TF_ATTR_FLOAT', varianceEpsilon as number),
    attribute('data_format', 'TF_ATTR_STRING', 'NHWC'),
    attribute('is_training', 'TF_ATTR_BOOL', true),
  ];
}

function attribute(
  name: string,
  type: 'TF_ATTR_FLOAT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL',
  value: OpAttribute['value'],
): OpAttribute {
  return { name, type: nativeBackend().binding[type], value };
}
