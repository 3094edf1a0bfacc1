export { IGNORE_ID } from './dataset.js';
export type { Dataset, RasterImage, Sample, SkippedFile } from './dataset.js';
export { openDataset } from './open-dataset.js';
export type { DatasetSpec } from './open-dataset.js';
export type { MosaicSpec } from './mosaic.js';
export type { Split } from './textures.js';
