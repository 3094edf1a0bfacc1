/**
 * A uniform sample of the pixels of many images, drawn in one pass without knowing how many will come.
 *
 * Algorithm L of [1]: it draws how many pixels to skip rather than a number for each pixel.
 *
 * [1] Li. Reservoir-Sampling Algorithms of Time Complexity O(n(1 + log(N/n))). ACM TOMS, 1994.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { LabelledImage } from './image.js';

/** Collects at most `capacity` valid pixels; each pixel seen has the same chance to be among them. */
export class PixelSample {
  private readonly values: Float32Array;
  private seen = 0;
  /** The place, among the pixels seen, of the next one to be taken. */
  private next = 0;
  /** The largest of the random keys that the pixels held would have. */
  private threshold = 1;

  constructor(
    private readonly capacity: number,
    private readonly channels: number,
    private readonly random: RandomGenerator,
  ) {
    this.values = new Float32Array(capacity * channels);
  }

  /** The pixels held, [pixels * channels]. */
  get points(): Float32Array {
    return this.values.subarray(0, Math.min(this.seen, this.capacity) * this.channels);
  }

  /** Passes over the valid pixels of an image. */
  add({ image: { shape, data }, valid }: LabelledImage): void {
    const { channels } = this;
    const pixels = shape[0] * shape[1];
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (valid !== undefined && valid[pixel] === 0) continue;
      if (this.seen++ === this.next) this.take(data.subarray(pixel * channels, (pixel + 1) * channels));
    }
  }

  private take(pixel: Float32Array): void {
    const filling = this.next < this.capacity;
    const place = filling ? this.next : uniformInt(this.random, 0, this.capacity - 1);
    this.values.set(pixel, place * this.channels);
    this.next += this.next < this.capacity - 1 ? 1 : this.skip();
  }

  private skip(): number {
    this.threshold *= this.uniform() ** (1 / this.capacity);
    return Math.floor(Math.log(this.uniform()) / Math.log1p(-this.threshold)) + 1;
  }

  /** In (0, 1]: a logarithm follows. */
  private uniform(): number {
    return 1 - uniformFloat64(this.random);
  }
}
