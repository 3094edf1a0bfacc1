/** What the examples look at: unlabelled mosaics of photographed textures, and a probe that reads the textures off features. */
import { batches, openDataset } from '@autoregseg/data';
import { linearProbe } from '@autoregseg/evaluation';
import * as tf from '@tensorflow/tfjs';

export const STEPS = Number(process.env.STEPS ?? 40);
const images = Number(process.env.IMAGES ?? 16);
const train = openDataset({ dataset: 'mosaic', split: 'train', count: images });
const test = openDataset({ dataset: 'mosaic', split: 'test', count: images / 2 });

/** Batches [8, 48, 48, 3] of random crops, about 0 and of spread 1. */
export async function* crops(seed) {
  for await (const { images, shape } of batches(train, { batchSize: 8, crop: [48, 48], seed })) {
    const batch = normalized(images, shape);
    yield batch;
    batch.dispose();
  }
}

/** Pixel accuracy on unseen mosaics of a linear map from frozen features to the three textures. */
export async function probe(encode) {
  const features = ({ data, shape }) =>
    tf.tidy(() => {
      const maps = encode(normalized(data, [1, ...shape]));
      return { shape: maps.shape.slice(1), data: maps.dataSync() };
    });
  const options = { features, classes: 3, seed: 0, steps: Number(process.env.PROBE_STEPS ?? 200), sampleSize: 4000 };
  return (await linearProbe(train, test, options)).pixelAccuracy;
}

/** A small network of the user's own: pixels to maps of a quarter of the side with 24 features. */
export function smallNetwork(seed) {
  const block = (filters, options = {}) => [
    tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, ...options, ...from(seed++) }),
    tf.layers.batchNormalization({ momentum: 0.8 }),
    tf.layers.reLU(),
  ];
  const first = block(12, { inputShape: [null, null, 3], strides: 2 });
  return tf.sequential({ layers: [...first, ...block(24, { strides: 2 }), ...block(24), ...block(24)] });
}

/** Two dense layers at each position, such as a projector or a predictor. */
export function smallHead(inputs, units, seed) {
  const hidden = tf.layers.dense({ inputShape: [null, null, inputs], units: 32, activation: 'relu', ...from(seed) });
  return tf.sequential({ layers: [hidden, tf.layers.dense({ units, ...from(seed + 1) })] });
}

const from = (seed) => ({ kernelInitializer: tf.initializers.heNormal({ seed }) });

function normalized(data, shape) {
  return tf.mul(tf.sub(tf.tensor4d(data, shape), 0.5), 4);
}
