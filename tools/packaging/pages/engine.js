/** A page of @autoregseg/engine/browser: the gradient of a filter on wasm, for which stock TensorFlow.js has no kernel there. */
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

const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 3, 1]);
const slopes = tf.grad((filter) => tf.sum(tf.conv2d(x, filter, 1, 'valid')))(tf.ones([2, 2, 1, 1]));
// Each is the sum of the 2 x 2 pixels that its tap meets.
console.log(Array.from(slopes.dataSync()).join(' '));
