/**
 * Edges beside the image: a stem that is drawn at random need not find them first.
 *
 *     [N, H, W, C] -> [N, H, W, C + 2]: the image, then the slopes along rows and columns of the mean of its channels
 *
 * The slope is Sobel's [1], divided by 4: next to a step of height 1 it is 1.
 *
 *     down a column   -1 -2 -1        along a row   -1  0  1
 *                      0  0  0  / 4                 -2  0  2  / 4
 *                      1  2  1                      -1  0  1
 *
 * Outside the image there are zeros, for this as for every convolution of the network: a frame of edges around it.
 * Image and slopes are one convolution of a constant kernel, so that exports need no operation of their own.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019: Sobel-filtered input beside colour.
 */

export interface EdgeKernel {
  /** [3, 3, C, C + 2]. */
  readonly shape: readonly [number, number, number, number];
  /** Row-major. */
  readonly data: Float32Array;
}

/** Slopes that are added to the channels of an image. */
export const EDGE_CHANNELS = 2;

/** Taps of Sobel's slope across its direction. */
const SMOOTH = [1, 2, 1];
const SLOPE = [-1, 0, 1];

/**
 * The constant kernel [3, 3, C, C + 2] of image and slopes; the input is padded by 1 on every side.
 *
 * @example edgeKernel(1).data.slice(0, 3); // first row, first column: no image, and -1/4 of both slopes
 */
export function edgeKernel(channels: number): EdgeKernel {
  const filters = channels + EDGE_CHANNELS;
  const data = new Float32Array(9 * channels * filters);
  for (let tap = 0; tap < 9; tap++) {
    const [row, column] = [Math.floor(tap / 3), tap % 3];
    for (let channel = 0; channel < channels; channel++) {
      const at = (tap * channels + channel) * filters;
      if (row === 1 && column === 1) data[at + channel] = 1;
      data[at + channels] = (SLOPE[row] * SMOOTH[column]) / (4 * channels);
      data[at + channels + 1] = (SMOOTH[row] * SLOPE[column]) / (4 * channels);
    }
  }
  return { shape: [3, 3, channels, filters], data };
}
