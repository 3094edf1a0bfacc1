/** @autoregseg/orderings/ranks: orderings and masks as numbers; imports no TensorFlow.js. */
export type { Ordering, View } from './ordering.js';
export { checkView } from './view.js';
export { rasterOrdering } from './raster-ordering.js';
export { isRasterOrdering } from './raster-ordering.js';
export { RASTER_ORDERINGS } from './raster-ordering.js';
export type { Corner, Major, RasterOrdering } from './raster-ordering.js';
export { sCurveOrdering } from './s-curve-ordering.js';
export { diagonalOrdering } from './diagonal-ordering.js';
export { spiralOrdering } from './spiral-ordering.js';
export { hilbertOrdering } from './hilbert-ordering.js';
export { randomOrdering } from './random-ordering.js';
export { orderingFromRanks } from './ordering-from-ranks.js';
export { orderingByName } from './ordering-by-name.js';
export { ORDERING_NAMES } from './ordering-by-name.js';
export { attentionMask } from './attention-mask.js';
export type { AttentionMaskOptions } from './attention-mask.js';
export { kernelMask } from './kernel-mask.js';
export type { KernelMask, KernelMaskOptions, MaskForm } from './kernel-mask.js';
