/** Orderings on top of crops: SimCLR on two augmented copies, with and without another ordering for each copy. */
import * as tf from '@tensorflow/tfjs';
import { useEngine } from '@autoregseg/engine';
import { ntXent } from '@autoregseg/losses';
import { orderingViews, withOrderings } from '@autoregseg/orderings';
import { crops, probe, smallHead, smallNetwork, STEPS } from './mosaics.mjs';

await useEngine();

/** Another brightness and contrast for each image, and a crop of two thirds, the same for both copies of an image. */
function copies(images, step) {
  const [top, left] = [(7 * step) % 16, (5 * step) % 16];
  const crop = tf.slice(images, [0, top, left, 0], [-1, 32, 32, -1]);
  const jitter = (seed) => {
    const [contrast, brightness] = [1, 2].map((i) => tf.randomUniform([8, 1, 1, 1], -0.5, 0.5, 'float32', seed + i));
    return tf.add(tf.mul(crop, tf.add(contrast, 1)), brightness);
  };
  return [jitter(10 * step), jitter(10 * step + 5)];
}

async function train(withViews, seed) {
  const [encoder, projector] = [smallNetwork(10 * seed), smallHead(24, 24, 10 * seed + 5)];
  const ordered = withOrderings(encoder);
  // Draws a pair of orderings; each copy is looked at through its own.
  const pair = orderingViews((_, view) => view, { seed });
  const optimizer = tf.train.adam(2e-3);
  let step = 0;
  for await (const images of crops(seed)) {
    const views = withViews ? pair(images).views : ['unmasked', 'unmasked'];
    optimizer.minimize(() => {
      const [a, b] = copies(images, step).map((x, i) =>
        projector.apply(ordered.apply(x, { view: views[i], training: true })),
      );
      return ntXent(a, b, { temperature: 0.2 });
    });
    if (++step >= STEPS) break;
  }
  return probe((images) => encoder.predict(images));
}

const seeds = Array.from({ length: Number(process.env.SEEDS ?? 3) }, (_, seed) => seed + 1);
for (const [name, withViews] of [
  ['crops alone', false],
  ['crops and orderings', true],
]) {
  const scores = [];
  for (const seed of seeds) scores.push(await train(withViews, seed));
  console.log(`${name}: ${scores.map((score) => (100 * score).toFixed(1)).join(', ')} %`);
}
