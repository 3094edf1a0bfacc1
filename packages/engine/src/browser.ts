/** @autoregseg/engine/browser: gradients and wasm kernels for pages that bring a TensorFlow.js backend of their own. */
export { registerGradients } from './gradients.js';
export { registerWasmKernels } from './wasm-kernels.js';
