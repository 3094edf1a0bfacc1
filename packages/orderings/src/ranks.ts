/** @autoregseg/orderings/ranks: orderings and masks as numbers; imports no TensorFlow.js. */
export type { Ordering, View } from './ordering.js';
export { checkView } from './view.js';
export { viewName } from './view.js';
export { rasterOrdering } from './raster-ordering.js';
export { isRasterOrdering } from './raster-ordering.js';
export { RASTER_ORDERINGS } from './raster-ordering.js';
export type { Corner, Major, RasterOrdering } from './raster-ordering.js';
export { kernelMask } from './kernel-mask.js';
export type { KernelMask, KernelMaskOptions, MaskForm } from './kernel-mask.js';
