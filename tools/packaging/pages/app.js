/** A page of autoregseg/browser: learns two textures of one picture without labels, and comes back from its own file. */
import { decodeSafetensors, encodeSafetensors, resolveConfig, segmentImage, TrainingSession } from 'autoregseg/browser';
import { registerGradients, registerWasmKernels } from '@autoregseg/engine/browser';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

// Written out as in a page of a user's own: what is tested is that nothing else is needed.
setWasmPaths({
  'tfjs-backend-wasm.wasm': plainWasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
});
await tf.setBackend('wasm');
await registerGradients();
registerWasmKernels();

const SIDE = 48;
/** Left half dark and red, right half light and blue. */
const data = Float32Array.from({ length: SIDE * SIDE * 3 }, (_, at) => {
  const isLeft = Math.floor(at / 3) % SIDE < SIDE / 2;
  return (isLeft ? [0.5, 0.1, 0.1] : [0.4, 0.5, 0.9])[at % 3];
});
const image = { shape: [SIDE, SIDE, 3], data };
const sample = { id: 'halves', image };
const dataset = {
  name: 'halves',
  size: 1,
  ids: ['halves'],
  classes: [],
  ignoreId: 255,
  channels: 3,
  get: async () => sample,
  async *[Symbol.asyncIterator]() {
    yield sample;
  },
};
const statistics = { mean: [0.45, 0.3, 0.5], std: [0.05, 0.2, 0.4] };
const config = resolveConfig('default', {
  clusters: 2,
  steps: 40,
  batchSize: 2,
  crop: [32, 32],
  network: { stemChannels: 8 },
});
const session = new TrainingSession(config, dataset, statistics);
while (session.step < config.steps) await session.next();
const head = session.mainHeads[session.bestHead()];
const model = { network: session.network, head, clusters: 2, statistics, working: {} };
const { clusters } = await segmentImage(model, image, 'unmasked');
const shareOfFirst = (isLeft) => {
  const half = clusters.filter((_, pixel) => pixel % SIDE < SIDE / 2 === isLeft);
  return half.filter((id) => id === clusters[0]).length / half.length;
};
console.log('halves apart:', shareOfFirst(true) > 0.9 && shareOfFirst(false) < 0.1);

const { weights } = session.network.save();
const { tensors } = decodeSafetensors(encodeSafetensors({ tensors: weights, metadata: {} }));
const isSame = Object.entries(weights).every(([name, { data: values }]) =>
  values.every((value, index) => value === tensors[name].data[index]),
);
console.log('weights back to the bit:', isSame);
