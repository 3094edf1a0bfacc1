/** Mean and standard deviation of each band of a dataset: what inputs are normalised by. */
import { UnreadableImageError, type Dataset } from './dataset.js';
import { permutation, randomStream } from './random-stream.js';

export interface ChannelStatisticsOptions {
  /** Images to look at, drawn without repetition; all when there are fewer. @defaultValue 200 */
  readonly images?: number;
  /** Which ones. @defaultValue 0 */
  readonly seed?: number;
}

export interface ChannelStatistics {
  /** [C] */
  readonly mean: readonly number[];
  /** [C], of the population; 1 for a constant band, so that dividing by it is safe. */
  readonly std: readonly number[];
}

/**
 * Statistics over the valid pixels of a sample of images, read one by one.
 *
 * @throws RangeError when no image can be read or none has a valid pixel
 * @example
 * const { mean, std } = await channelStatistics(openDataset({ dataset: 'mosaic', count: 8 })); // 0.5 and 0.1
 */
export async function channelStatistics(
  dataset: Dataset,
  options: ChannelStatisticsOptions = {},
): Promise<ChannelStatistics> {
  const { images = 200, seed = 0 } = options;
  if (!(images >= 1)) throw new RangeError(`channelStatistics: images must be at least 1, got ${images}`);
  const { channels } = dataset;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let pixels = 0;
  let looked = 0;
  for (const index of permutation(dataset.size, randomStream(seed))) {
    if (looked === images) break;
    try {
      const { image, valid } = await dataset.get(index, { label: false });
      looked++;
      for (let pixel = 0; pixel < image.data.length / channels; pixel++) {
        if (valid?.[pixel] === 0) continue;
        pixels++;
        for (let channel = 0; channel < channels; channel++) {
          // Values are 0..1 and sums are float64: no cancellation to fear.
          const value = image.data[pixel * channels + channel];
          sums[channel] += value;
          squares[channel] += value * value;
        }
      }
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
    }
  }
  if (pixels === 0) {
    throw new RangeError(
      `channelStatistics: no valid pixel in '${dataset.name}' (${dataset.size} images, ${looked} readable)`,
    );
  }
  const mean = Array.from(sums, (sum) => sum / pixels);
  const std = Array.from(squares, (sum, channel) => Math.sqrt(Math.max(0, sum / pixels - mean[channel] ** 2)));
  // Below float32's resolution the band is constant.
  return { mean, std: std.map((deviation) => (deviation < 1e-6 ? 1 : deviation)) };
}
