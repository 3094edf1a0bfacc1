/**
 * How often two soft segmentations of the same images choose cluster k here and cluster l there.
 *
 * "There" is within a window of displacements u, |u_row| <= T and |u_col| <= T, as in [1]:
 *
 *   J_u[k,l] = sum_i a[i,k] b[i+u,l]        zero outside the map, both maps times the mask
 *
 * Pooled over u first, the sum is one product of a with a box-filtered b, whatever T is. Kept apart, each u has its own
 * table. Either way a table is divided by its own sum and symmetrised: no view is first.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 */
import * as tf from '@tensorflow/tfjs-core';
import { boxFilter } from './box-filter.js';
import { checkHalfWindow, checkMask, checkPair } from './checks.js';
import { normalize } from './information.js';
import { masked } from './masked.js';

export interface JointDistributionOptions {
  /** Half side T of the square of displacements, in positions. @defaultValue 0 */
  readonly halfWindow?: number;
  /** [N, H, W], 1 where a position counts, else 0; for both maps. @defaultValue every position counts */
  readonly mask?: tf.Tensor3D;
  /**
   * Where the maps are one part of a batch: the sum of a tensor of this part and those of all others, such as over
   * processes. It is applied to the tables before they are divided by their sum. @defaultValue the maps are all there is
   */
  readonly allReduce?: AllReduce;
}

/** Own part -> sum over all parts. Its gradient is the identity: what each part computes after it is the whole's. */
export type AllReduce = <T extends tf.Tensor>(own: T) => T;

/**
 * The joint distribution of the clusters of a and b, all displacements pooled.
 *
 * @param a - [N, H, W, K] float32 probabilities, each row sums to 1
 * @param b - same shape as `a`
 * @returns [K, K], symmetric, sums to 1 (to 0 when the mask leaves nothing); differentiable in `a` and `b`
 * @throws RangeError when shapes differ or T reaches H or W
 * @see [1]
 */
export function jointDistribution(a: tf.Tensor4D, b: tf.Tensor4D, options: JointDistributionOptions = {}): tf.Tensor2D {
  const { halfWindow = 0 } = options;
  checkMaps('jointDistribution', a, b, options);
  return tf.tidy(() => {
    const [here, there] = [masked(a, options.mask), masked(b, options.mask)];
    const joint = tf.matMul(positionsByClusters(here), positionsByClusters(boxFilter(there, halfWindow)), true); // [K, K]
    return symmetrized(ofAllParts(joint, options)) as tf.Tensor2D;
  });
}

/**
 * The joint distribution of the clusters of a and b at each displacement, u_row changing slowest.
 *
 * Takes a matrix product for each few of the U = (2 T + 1)^2 displacements; memory does not grow with U.
 *
 * @param a - [N, H, W, K] float32 probabilities, each row sums to 1
 * @param b - same shape as `a`
 * @returns [U, K, K], each table symmetric, sums to 1 (to 0 when the mask leaves nothing); differentiable in `a` and `b`
 * @throws RangeError when shapes differ or T reaches H or W
 * @see [1]
 */
export function jointDistributionPerDisplacement(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  options: JointDistributionOptions = {},
): tf.Tensor3D {
  const { halfWindow = 0 } = options;
  checkMaps('jointDistributionPerDisplacement', a, b, options);
  return tf.tidy(() => {
    const [here, there] = [masked(a, options.mask), masked(b, options.mask)];
    return symmetrized(ofAllParts(displacedProducts(here, there, halfWindow), options)) as tf.Tensor3D;
  });
}

export interface GroupedJoints {
  /** [G, K, K], or [G, U, K, K] per displacement. */
  readonly joints: tf.Tensor;
  /** [G] the share of all pairs of positions that each group holds; sums to 1. */
  readonly shares: tf.Tensor1D;
}

/**
 * The joint distributions within groups of images: sums of the tables of their images, a group at a time.
 *
 * @param groups - [G, N], 1 where an image belongs to a group, else 0
 */
export function jointDistributionsOfGroups(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  groups: tf.Tensor2D,
  options: JointDistributionOptions & { readonly joint: 'pooled' | 'per-displacement' },
): GroupedJoints {
  const { halfWindow = 0, joint } = options;
  const [here, there] = [masked(a, options.mask), masked(b, options.mask)];
  const [images, height, width, clusters] = a.shape;
  const inImages = (map: tf.Tensor4D) => tf.reshape<tf.Rank.R3>(map, [images, height * width, clusters]);
  // Not tf.split: the gradient of a split into one fails in tfjs.
  const image = (map: tf.Tensor4D, n: number) => tf.slice(map, n, 1);
  const ofImages =
    joint === 'pooled'
      ? tf.matMul(inImages(here), inImages(boxFilter(there, halfWindow)), true)
      : tf.stack(
          Array.from({ length: images }, (_, n) => displacedProducts(image(here, n), image(there, n), halfWindow)),
        );
  const table = ofImages.shape.slice(1);
  const ofGroups = tf.matMul(groups, tf.reshape<tf.Rank.R2>(ofImages, [images, -1]));
  const counts = ofAllParts(tf.reshape(ofGroups, [groups.shape[0], ...table]), options);
  const shares = normalize(tf.sum(tf.reshape(counts, [groups.shape[0], -1]), 1), 1);
  return { joints: symmetrized(counts), shares: shares as tf.Tensor1D };
}

/** @throws RangeError on what the joint distribution of two maps cannot take; `name` is the function named in the text */
export function checkMaps(name: string, a: tf.Tensor4D, b: tf.Tensor4D, options: JointDistributionOptions): void {
  const { halfWindow = 0, mask } = options;
  checkPair(name, a, b, { 4: '[N,H,W,K]' });
  checkHalfWindow(name, halfWindow, a.shape);
  checkMask(name, a.shape, mask);
}

function ofAllParts<T extends tf.Tensor>(tables: T, { allReduce }: JointDistributionOptions): T {
  return allReduce === undefined ? tables : allReduce(tables);
}

/** (P + P^T) / 2 of tables divided by their sums, [..., K, K]. */
function symmetrized(joint: tf.Tensor): tf.Tensor {
  const { rank } = joint;
  const lastTwoSwapped = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return normalize(tf.add(joint, tf.transpose(joint, lastTwoSwapped)), 2);
}

/** J_u for each u, [U, K, K]: forward a product for each few u; backward two convolutions whose kernel is the gradient. */
function displacedProducts(a: tf.Tensor4D, b: tf.Tensor4D, halfWindow: number): tf.Tensor3D {
  const side = 2 * halfWindow + 1;
  const clusters = a.shape[3];
  const products = tf.customGrad((...args) => {
    const [a, b, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([a, b]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [a, b] = saved as tf.Tensor4D[];
      const kernel: tf.Tensor4D = tf.reshape(dy, [side, side, clusters, clusters]); // [u_row, u_col, k, l]
      // da[i,k] = sum_ul b[i+u,l] dJ_u[k,l],  db[i,l] = sum_uk a[i-u,k] dJ_u[k,l]
      return [
        tf.conv2d(b, tf.transpose(kernel, [0, 1, 3, 2]), 1, 'same'),
        tf.conv2d(a, tf.reverse(kernel, [0, 1]) as tf.Tensor4D, 1, 'same'),
      ];
    };
    return { value: productOfEach(a, b, halfWindow), gradFunc };
  });
  return products(a, b) as tf.Tensor3D;
}

/** Columns of a product of several displacements, which bounds the memory of its right-hand side. */
const COLUMNS = 64;

function productOfEach(a: tf.Tensor4D, b: tf.Tensor4D, halfWindow: number): tf.Tensor3D {
  const side = 2 * halfWindow + 1;
  const [maps, height, width, clusters] = a.shape;
  const [none, around] = [
    [0, 0],
    [halfWindow, halfWindow],
  ] as [number, number][];
  const padded = tf.pad(b, [none, around, around, none]);
  // As many rows of zeros after each map of a: all maps are one matrix then, in which a row further is `width` places further.
  const [rows, last] = [height + 2 * halfWindow, 2 * halfWindow * width];
  const places = maps * rows * width - last;
  // Transposed once, not in each product: stock wasm is ten times slower on a transposed operand.
  const widened = positionsByClusters(tf.pad(a, [none, [0, 2 * halfWindow], none, none]) as tf.Tensor4D);
  const here = tf.transpose(tf.slice(widened, 0, places)); // [K, places]
  // Several neighbours in a row in one product: small ones cost more to call than to compute.
  const together = Math.max(1, Math.min(side, Math.floor(COLUMNS / clusters)));
  const tablesFrom = (first: number) =>
    tf.tidy(() => {
      const count = Math.min(together, side - first);
      const size = [maps, rows, width, clusters];
      const shifted = Array.from({ length: count }, (_, i) => tf.slice(padded, [0, 0, first + i, 0], size));
      const there = positionsByClusters(tf.concat(shifted, 3)); // [places + last, count * K]
      const products = Array.from({ length: side }, (_, row) => tf.matMul(here, tf.slice(there, row * width, places)));
      return tf.reshape(tf.stack(products), [side, clusters, count, clusters]);
    });
  const starts = Array.from({ length: Math.ceil(side / together) }, (_, chunk) => chunk * together);
  const tables = tf.concat(starts.map(tablesFrom), 2); // [side, K, side, K]
  return tf.reshape(tf.transpose(tables, [0, 2, 1, 3]), [side * side, clusters, clusters]);
}

function positionsByClusters(map: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(map, [-1, map.shape[3]]); // [N*H*W, K]
}
