/** Reductions that leave the last axes: what several engines have a fast way for. */
import * as tf from '@tensorflow/tfjs-core';

export interface LeadingAxes {
  /** Numbers that each result is made of. */
  readonly rows: number;
  /** Results. */
  readonly columns: number;
  /** Shape of the results, with ones for the reduced axes where they are kept. */
  readonly outShape: number[];
}

/** The reduction of [..., columns] over its first axes; null for any other one, and where there is nothing to gain. */
export function leadingAxes(x: tf.Tensor, { axis, keepDims }: tf.NamedAttrMap): LeadingAxes | null {
  const axes = tf.util.parseAxisParam(axis as number[], x.shape).sort((first, second) => first - second);
  const leading = axes.length > 0 && axes.every((place, index) => place === index) && axes.length < x.rank;
  const rest = x.shape.slice(axes.length);
  const columns = tf.util.sizeFromShape(rest);
  const rows = x.size / columns;
  if (!leading || x.dtype !== 'float32' || x.size === 0 || rows === 1) return null;
  return { rows, columns, outShape: keepDims ? [...axes.map(() => 1), ...rest] : rest };
}
