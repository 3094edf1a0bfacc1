/** BYOL with two orderings of each image in place of two crops: a predictor, and a target that follows. */
import * as tf from '@tensorflow/tfjs';
import { useEngine } from '@autoregseg/engine';
import { byol, followVariables } from '@autoregseg/losses';
import { orderingViews, withOrderings } from '@autoregseg/orderings';
import { crops, probe, smallHead, smallNetwork, STEPS } from './mosaics.mjs';

await useEngine();
const branch = () => {
  const [encoder, projector] = [smallNetwork(1), smallHead(24, 24, 10)]; // tf.LayersModels of yours
  const ordered = withOrderings(encoder);
  const variables = [...encoder.trainableWeights, ...projector.trainableWeights].map((weight) => weight.read());
  return { encoder, variables, project: (x, view) => projector.apply(ordered.apply(x, { view, training: true })) };
};
const [online, target] = [branch(), branch()];
const predictor = smallHead(24, 24, 20);
// Each view through both networks: the prediction is held to what the target makes of the other view.
const look = orderingViews(
  (x, view) => ({ prediction: predictor.apply(online.project(x, view)), target: target.project(x, view) }),
  { seed: 1 },
);

const before = await probe((images) => online.encoder.predict(images));
const optimizer = tf.train.adam(2e-3);
const trained = [...online.variables, ...predictor.weights.map((weight) => weight.read())];
let step = 0;
for await (const images of crops(1)) {
  const loss = () => {
    const { a, b } = look(images);
    return tf.add(byol(a.prediction, b.target), byol(b.prediction, a.target));
  };
  optimizer.minimize(loss, false, trained);
  followVariables(target.variables, online.variables, { momentum: 0.95 });
  if (++step >= STEPS) break;
}
const after = await probe((images) => online.encoder.predict(images));
console.log(`BYOL on orderings: ${(100 * before).toFixed(1)} % before, ${(100 * after).toFixed(1)} % after`);
