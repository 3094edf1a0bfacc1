/** Barlow Twins with two orderings of each image in place of two crops. */
import * as tf from '@tensorflow/tfjs';
import { useEngine } from '@autoregseg/engine';
import { barlowTwins } from '@autoregseg/losses';
import { orderingViews, withOrderings } from '@autoregseg/orderings';
import { crops, probe, smallHead, smallNetwork, STEPS } from './mosaics.mjs';

await useEngine();
const encoder = smallNetwork(1); // a tf.LayersModel of yours
const projector = smallHead(24, 24, 10);
const ordered = withOrderings(encoder);
const look = orderingViews((x, view) => projector.apply(ordered.apply(x, { view, training: true })), { seed: 1 });

const before = await probe((images) => encoder.predict(images));
const optimizer = tf.train.adam(2e-3);
let step = 0;
for await (const images of crops(1)) {
  optimizer.minimize(() => {
    const { a, b } = look(images);
    return barlowTwins(a, b);
  });
  if (++step >= STEPS) break;
}
const after = await probe((images) => encoder.predict(images));
console.log(`Barlow Twins on orderings: ${(100 * before).toFixed(1)} % before, ${(100 * after).toFixed(1)} % after`);
