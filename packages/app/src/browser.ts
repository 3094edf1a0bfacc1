/** autoregseg/browser: training and segmenting without files or Node, for pages and workers. */
export { segmentImage } from './inference/segmenter.js';
export type { InferenceView, Segmentation, SegmenterModel } from './inference/segmenter.js';
export { colorOf } from './pictures/palette.js';
export { decodeSafetensors, encodeSafetensors } from './run/safetensors.js';
export type { NamedArray, SafetensorsFile } from './run/safetensors.js';
export { resolveConfig } from './training/config.js';
export type { TrainConfig, TrainConfigInput } from './training/config.js';
export { TrainingSession } from './training/session.js';
