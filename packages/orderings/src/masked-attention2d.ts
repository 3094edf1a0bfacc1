/**
 * Self-attention over the positions of a map, masked by an ordering: all of the past is in reach, in any order.
 *
 * The mask goes on the logits, before the softmax, so that the weights of what may be seen sum to 1; a position that may see nothing
 * gets zeros. Computed for a chunk of query positions at a time, forwards and backwards: memory is that of the inputs and
 * of one chunk's weights, not of all pairs of positions.
 *
 * [1] Vaswani et al. Attention Is All You Need. NeurIPS 2017.
 * [2] Chen, Mishra, Rohaninejad, Abbeel. PixelSNAIL: An Improved Autoregressive Generative Model. ICML 2018.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionMaskOptions } from './attention-mask.js';
import type { View } from './ordering.js';
import { checkView } from './view.js';

export interface MaskedAttention2dOptions extends AttentionMaskOptions {
  /** Query positions computed at a time. @defaultValue as many as keep the weights below 16 MB, one at least */
  readonly chunkSize?: number;
}

/** Weights held at once by default: 16 MB of float32. */
const CHUNK_ENTRIES = 2 ** 22;

/** Added to the logit of what may not be seen: far below any logit, and finite, so that no row becomes NaN. */
const UNSEEN = -1e30;

/**
 * y[p] = sum over q before p (and p itself when includeCenter) of softmax_q(query[p] . key[q] / sqrt(D)) value[q].
 *
 * 'unmasked' lets every position see all, itself included.
 *
 * @param query - [N, H, W, D]
 * @param key - [N, H, W, D]
 * @param value - [N, H, W, E]
 * @returns [N, H, W, E], zeros where nothing may be seen; differentiable in query, key and value
 * @throws RangeError when the shapes do not fit or the view is none
 * @example maskedAttention2d(q, q, v, hilbertOrdering(), { includeCenter: false });
 * @see [1] for the formula, [2] for its use under a mask
 */
export function maskedAttention2d(
  query: tf.Tensor4D,
  key: tf.Tensor4D,
  value: tf.Tensor4D,
  view: View,
  { includeCenter = true, chunkSize }: MaskedAttention2dOptions = {},
): tf.Tensor4D {
  checkView('maskedAttention2d', view);
  checkShapes(query, key, value);
  if (chunkSize !== undefined && !(Number.isInteger(chunkSize) && chunkSize > 0)) {
    throw new RangeError(`maskedAttention2d: chunkSize must be a positive integer, got ${chunkSize}`);
  }
  const [maps, height, width] = query.shape;
  const flat = (map: tf.Tensor4D) => tf.reshape<tf.Rank.R3>(map, [maps, height * width, map.shape[3]]);
  return tf.tidy(() => {
    const turns = view === 'unmasked' ? undefined : view.rank(height, width);
    const chunks = chunksOf(maps, height * width, chunkSize);
    const weights: WeightsOf = (q, k, chunk) => weightsOf(q, k, chunk, turns, includeCenter);
    const y = attention(chunks, weights)(flat(query), flat(key), flat(value));
    return tf.reshape(y, [maps, height, width, value.shape[3]]);
  });
}

/** The attention weights of a chunk of queries, [N, rows, HW]; rows sum to 1, or to 0 where nothing may be seen. */
type WeightsOf = (query: tf.Tensor3D, key: tf.Tensor3D, chunk: Chunk) => tf.Tensor3D;

/** One node of the tape over [N, HW, D], [N, HW, D], [N, HW, E]. */
function attention(chunks: readonly Chunk[], weights: WeightsOf) {
  return tf.customGrad((...args) => {
    const [query, key, value, save] = args as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
    save([query, key, value]);
    const parts = chunks.map((chunk) => tf.tidy(() => tf.matMul(weights(query, key, chunk), value))); // [N, rows, E]
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      attentionGradients(dy as tf.Tensor3D, saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D], chunks, weights);
    return { value: tf.concat(parts, 1), gradFunc };
  });
}

interface Chunk {
  readonly start: number;
  readonly rows: number;
}

function chunksOf(maps: number, positions: number, chunkSize?: number): Chunk[] {
  const rows = chunkSize ?? Math.max(1, Math.floor(CHUNK_ENTRIES / (maps * positions)));
  return Array.from({ length: Math.ceil(positions / rows) }, (_, index) => ({
    start: index * rows,
    rows: Math.min(rows, positions - index * rows),
  }));
}

function weightsOf(
  query: tf.Tensor3D,
  key: tf.Tensor3D,
  chunk: Chunk,
  turns: Int32Array | undefined,
  includeCenter: boolean,
): tf.Tensor3D {
  return tf.tidy(() => {
    const logits = tf.mul(tf.matMul(rowsOf(query, chunk), key, false, true), 1 / Math.sqrt(query.shape[2]));
    if (turns === undefined) return tf.softmax(logits) as tf.Tensor3D;
    const own = tf.tensor2d(turns.subarray(chunk.start, chunk.start + chunk.rows), [chunk.rows, 1], 'int32');
    const others = tf.tensor2d(turns, [1, turns.length], 'int32');
    const past = includeCenter ? tf.lessEqual(others, own) : tf.less(others, own); // turns differ: equal means itself
    const seen = tf.cast(past, 'float32'); // [rows, HW]
    const masked = tf.add(logits, tf.mul(tf.sub(1, seen), UNSEEN));
    // Where nothing may be seen, the softmax is uniform: the second product makes it zero and changes no other row.
    return tf.mul(tf.softmax(masked), seen) as tf.Tensor3D;
  });
}

/**
 * With A the weights and S the logits before the scale:
 *   dvalue = A' dy,  dA = dy value',  dS = A (dA - sum_q dA A) / sqrt(D),  dquery = dS key,  dkey = dS' query
 */
function attentionGradients(
  dy: tf.Tensor3D,
  [query, key, value]: readonly [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D],
  chunks: readonly Chunk[],
  weights: WeightsOf,
): tf.Tensor[] {
  return tf.tidy(() => {
    let [dKey, dValue]: tf.Tensor3D[] = [tf.zerosLike(key), tf.zerosLike(value)];
    const dQuery: tf.Tensor3D[] = [];
    for (const chunk of chunks) {
      const [dq, dk, dv] = tf.tidy(() => {
        const a = weights(query, key, chunk);
        const slope = rowsOf(dy, chunk);
        const dA = tf.matMul(slope, value, false, true);
        const centred = tf.sub(dA, tf.sum(tf.mul(dA, a), 2, true));
        const dS = tf.mul(tf.mul(a, centred), 1 / Math.sqrt(query.shape[2])) as tf.Tensor3D;
        return [
          tf.matMul(dS, key),
          tf.add(dKey, tf.matMul(dS, rowsOf(query, chunk), true)),
          tf.add(dValue, tf.matMul(a, slope, true)),
        ] as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      });
      tf.dispose([dKey, dValue]);
      dQuery.push(dq);
      [dKey, dValue] = [dk, dv];
    }
    return [tf.concat(dQuery, 1), dKey, dValue];
  });
}

function rowsOf(map: tf.Tensor3D, { start, rows }: Chunk): tf.Tensor3D {
  return tf.slice(map, [0, start, 0], [map.shape[0], rows, map.shape[2]]);
}

function checkShapes(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor): void {
  const fits =
    query.rank === 4 &&
    String(query.shape) === String(key.shape) &&
    value.rank === 4 &&
    String(value.shape.slice(0, 3)) === String(key.shape.slice(0, 3));
  if (!fits) {
    throw new RangeError(
      'maskedAttention2d: query and key must be [N,H,W,D] and value [N,H,W,E], ' +
        `got [${query.shape}], [${key.shape}] and [${value.shape}]`,
    );
  }
}
