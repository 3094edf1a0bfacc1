/**
 * Scaling by a factor as OpenCV does it, which is how IIC prepared its data: its numbers are about these pixels.
 *
 *   side' = round(side * factor)
 *   image: source = (place + 0.5) / factor - 0.5, bilinear between the two pixels around it, the border repeated
 *   label: source = floor(place / factor)
 *
 * Differs from src/resize.ts: nothing is averaged over the area that a pixel covers. At a factor of one half bilinear is
 * the mean of 2x2 pixels. Plain JavaScript, since the preparing processes use it too.
 */

/**
 * Height or width after scaling.
 *
 * @param {number} side
 * @param {number} factor
 */
export function scaledSide(side, factor) {
  // Halves go to the even neighbour, as C rounds.
  const exact = side * factor;
  const below = Math.floor(exact);
  return Math.max(1, exact - below === 0.5 && below % 2 === 0 ? below : Math.round(exact));
}

/**
 * @param {ArrayLike<number>} data [H, W, C], row-major
 * @param {readonly [height: number, width: number, channels: number]} shape
 * @param {number} factor
 * @returns {{ shape: [height: number, width: number, channels: number], data: Float32Array }} [H', W', C]
 */
export function scaleImage(data, [height, width, channels], factor) {
  const [rows, cols] = [scaledSide(height, factor), scaledSide(width, factor)];
  const [down, right] = [neighbours(height, rows, factor), neighbours(width, cols, factor)];
  const scaled = new Float32Array(rows * cols * channels);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    const [top, bottom, below] = [down.first[row] * width, down.second[row] * width, down.weight[row]];
    for (let col = 0; col < cols; col++) {
      const [left, next, after] = [right.first[col], right.second[col], right.weight[col]];
      for (let channel = 0; channel < channels; channel++) {
        const a = data[(top + left) * channels + channel];
        const b = data[(top + next) * channels + channel];
        const c = data[(bottom + left) * channels + channel];
        const d = data[(bottom + next) * channels + channel];
        scaled[to++] = (a * (1 - after) + b * after) * (1 - below) + (c * (1 - after) + d * after) * below;
      }
    }
  }
  return { shape: [rows, cols, channels], data: scaled };
}

/**
 * To whole numbers, halves upwards.
 *
 * @param {Float32Array} values 0..255
 */
export function rounded(values) {
  const whole = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) whole[at] = values[at] + 0.5;
  return whole;
}

/**
 * @template {Int32Array | Uint8Array} Ids
 * @param {Ids} labels [H * W]
 * @param {readonly [height: number, width: number]} shape
 * @param {number} factor
 * @returns {Ids} [H' * W']
 */
export function scaleLabels(labels, [height, width], factor) {
  const [rows, cols] = [scaledSide(height, factor), scaledSide(width, factor)];
  const scaled = /** @type {Ids} */ (
    labels instanceof Int32Array ? new Int32Array(rows * cols) : new Uint8Array(rows * cols)
  );
  for (let row = 0; row < rows; row++) {
    const from = Math.min(height - 1, Math.floor(row / factor)) * width;
    for (let col = 0; col < cols; col++) {
      scaled[row * cols + col] = labels[from + Math.min(width - 1, Math.floor(col / factor))];
    }
  }
  return scaled;
}

/**
 * For each place of the result the two source pixels around it, and the weight of the second.
 *
 * @param {number} length
 * @param {number} result
 * @param {number} factor
 */
function neighbours(length, result, factor) {
  const [first, second, weight] = [new Int32Array(result), new Int32Array(result), new Float64Array(result)];
  for (let place = 0; place < result; place++) {
    const source = Math.min(length - 1, Math.max(0, (place + 0.5) / factor - 0.5));
    first[place] = Math.floor(source);
    second[place] = Math.min(length - 1, first[place] + 1);
    weight[place] = source - first[place];
  }
  return { first, second, weight };
}
