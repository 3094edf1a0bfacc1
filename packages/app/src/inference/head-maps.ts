/** Probability maps of all heads of clusters of a network on one image, on the stem's grid: unmasked, and under each raster ordering. */
import { resizeImage, targetSize, type RasterImage } from '@autoregseg/data';
import { RASTER_ORDERINGS, type View } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { PROJECTION_HEAD } from '../training/heads.js';
import { normalise } from '../training/input.js';
import { grouped, type SegmenterModel } from './segmenter.js';

export interface HeadMaps {
  readonly height: number;
  readonly width: number;
  readonly clusters: number;
  /** [h * w * K] */
  readonly unmasked: Float32Array;
  /** [8, h * w * K], in the order of RASTER_ORDERINGS. */
  readonly orderings: Float32Array;
}

/** The maps of each head by its name. */
export async function headMaps(
  { network, statistics, working }: Pick<SegmenterModel, 'network' | 'statistics' | 'working'>,
  image: RasterImage,
): Promise<Record<string, HeadMaps>> {
  const [rows, columns] = image.shape;
  const seen = resizeImage({ image }, targetSize([rows, columns], working)).image;
  const maps = tf.tidy(() => network.stem(normalise([seen], statistics)));
  const size: [number, number] = [maps.shape[1], maps.shape[2]];
  const read = async (view: View): Promise<Record<string, Float32Array>> => {
    const logits = tf.tidy(() => {
      const heads = Object.entries(network.decode(network.encode(maps, view), size));
      return Object.fromEntries(heads.filter(([head]) => head !== PROJECTION_HEAD));
    });
    const entries = Object.entries(logits).map(async ([head, map]) => {
      const probs = tf.tidy(() => tf.softmax(map));
      const data = (await probs.data()) as Float32Array;
      tf.dispose([map, probs]);
      return [head, data] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const unmasked = await read('unmasked');
  const masked: Record<string, Float32Array>[] = [];
  for (const ordering of RASTER_ORDERINGS) masked.push(await read(ordering));
  maps.dispose();
  return Object.fromEntries(
    Object.entries(unmasked).map(([head, probs]) => {
      const orderings = new Float32Array(probs.length * masked.length);
      masked.forEach((heads, i) => orderings.set(heads[head], i * probs.length));
      const [height, width] = size;
      return [head, { height, width, clusters: probs.length / (height * width), unmasked: probs, orderings }];
    }),
  );
}

/** The mean over the orderings, [h * w * K]. */
export function meanOverOrderings({ unmasked, orderings }: HeadMaps): Float32Array {
  const count = orderings.length / unmasked.length;
  const mean = new Float32Array(unmasked.length);
  for (let at = 0; at < orderings.length; at++) mean[at % mean.length] += orderings[at] / count;
  return mean;
}

/** The maps of the clusters that a model segments with: those of its head, or of what its clusters are merged into. */
export function segmentingMaps(
  { head, groups, clusters }: Pick<SegmenterModel, 'head' | 'groups' | 'clusters'>,
  maps: Readonly<Record<string, HeadMaps>>,
): HeadMaps {
  const own = maps[head];
  if (!groups) return own;
  const merged = (probs: Float32Array) =>
    tf.tidy(() => {
      const rows = tf.tensor4d(probs, [1, 1, probs.length / own.clusters, own.clusters]);
      return grouped(rows, { groups, clusters }).dataSync<'float32'>();
    });
  return { ...own, clusters, unmasked: merged(own.unmasked), orderings: merged(own.orderings) };
}
