/** The centre of a sample at an exact size: cut where the sample is larger, padded with nothing where it is smaller. */
import { IGNORE_ID, type Sample } from './dataset.js';

/**
 * Padding is 0 in the image, ignored in the label and not valid.
 *
 * @param size - height and width of the result; its middle, floor(side / 2), falls on that of the sample
 */
export function fitCentre(sample: Sample, [height, width]: readonly [number, number]): Sample {
  const [rows, cols, channels] = sample.image.shape;
  if (rows === height && cols === width) return sample;
  // Negative where the sample is larger.
  const [top, left] = [half(height) - half(rows), half(width) - half(cols)];
  const isPadded = rows < height || cols < width;
  const copy = <Samples extends Float32Array | Int32Array | Uint8Array>(from: Samples, to: Samples, each: number) => {
    const [firstCol, lastCol] = [Math.max(0, left), Math.min(width, left + cols)];
    for (let row = Math.max(0, top); row < Math.min(height, top + rows); row++) {
      const start = (row - top) * cols - left;
      to.set(
        from.subarray((start + firstCol) * each, (start + lastCol) * each) as never,
        (row * width + firstCol) * each,
      );
    }
    return to;
  };
  const image = copy(sample.image.data, new Float32Array(height * width * channels), channels);
  const label = sample.label && copy(sample.label, new Int32Array(height * width).fill(IGNORE_ID), 1);
  const whole = sample.valid ?? (isPadded ? new Uint8Array(rows * cols).fill(1) : undefined);
  const valid = whole && copy(whole, new Uint8Array(height * width), 1);
  return {
    id: sample.id,
    image: { shape: [height, width, channels], data: image },
    ...(label && { label }),
    ...(valid && { valid }),
  };
}

function half(side: number): number {
  return Math.floor(side / 2);
}
