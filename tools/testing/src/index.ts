/** @autoregseg/testing: contract suites shared by the packages' tests. */
export { useNativeEngine, useTestEngine } from './engine.js';
export { expectGradientsClose } from './gradients.js';
export { expectNoLeakedTensors } from './leaks.js';
export { expectConfigRoundTrip } from './config-round-trip.js';
export { expectAutoregressive } from './autoregressive.js';
export { dependenceOf } from './autoregressive.js';
export { irregularTensor } from './irregular-tensor.js';
export { expectReadmeSnippet } from './readme.js';
export { runSnippet } from './readme.js';
export { nameSoftwareGpu } from './software-gpu.js';
