/** A window of a sample: image and mask, without the label. */
import type { Sample } from './dataset.js';

/**
 * Copies a window out of a sample. The label stays behind: crops are for training, which never sees one.
 *
 * @param corner - row and column of the window's top left pixel
 * @param size - height and width; the window must lie within the image
 * @throws RangeError when it does not
 */
export function cropSample(
  { id, image, valid }: Sample,
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
): Sample {
  const [rows, cols, channels] = image.shape;
  if (!(top >= 0 && left >= 0 && top + height <= rows && left + width <= cols)) {
    throw new RangeError(
      `cropSample: the window must lie within the image, got ${height}x${width} at (${top}, ${left}) of ${rows}x${cols}`,
    );
  }
  const data = new Float32Array(height * width * channels);
  const mask = valid && new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * cols + left;
    data.set(image.data.subarray(from * channels, (from + width) * channels), row * width * channels);
    mask?.set(valid!.subarray(from, from + width), row * width);
  }
  return { id, image: { shape: [height, width, channels], data }, ...(mask && { valid: mask }) };
}
