/**
 * Where the windows of a convolution or a pool lie, by TensorFlow's rules.
 *
 * 'valid': the first window starts at the first position. 'same': ceil(side / stride) windows, the missing positions split
 * over both sides, the odd one at the end.
 */

export interface SlidingWindow {
  /** Positions from the first tap to the last, along rows and columns: (taps - 1) * dilation + 1. */
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** The first tap of the first window, (row, column) of the input; negative in the padding. */
  readonly origin: readonly [number, number];
  /** The centre of the first window. */
  readonly center: readonly [number, number];
}

export interface WindowOptions {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: 'same' | 'valid';
}

export function slidingWindow(
  height: number,
  width: number,
  { kernel, stride, padding }: WindowOptions,
): SlidingWindow {
  const along = (side: number, axis: 0 | 1) => {
    if (padding === 'valid') return { output: Math.ceil((side - kernel[axis] + 1) / stride[axis]), before: 0 };
    const output = Math.ceil(side / stride[axis]);
    const missing = Math.max(0, (output - 1) * stride[axis] + kernel[axis] - side);
    return { output, before: Math.floor(missing / 2) };
  };
  const [rows, columns] = [along(height, 0), along(width, 1)];
  return {
    kernel,
    stride,
    outputHeight: rows.output,
    outputWidth: columns.output,
    origin: [-rows.before, -columns.before],
    center: [(kernel[0] - 1) / 2 - rows.before, (kernel[1] - 1) / 2 - columns.before],
  };
}
