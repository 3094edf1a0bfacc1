/** A network's weights by name, with batch normalisation as one scale and one offset; it knows which were never read. */
import type { SavedNetwork, SavedWeight } from '@autoregseg/orderings';
import { UserError } from '../errors.js';

/** Added to a variance (batch-normalization.ts of the orderings package). */
const VARIANCE_EPSILON = 1e-5;

export interface ConvolutionWeights {
  readonly kernel: SavedWeight;
  readonly bias?: SavedWeight;
}

/** Reads weights by name and remembers which were read. */
export class WeightReader {
  private readonly read = new Set<string>();

  constructor(private readonly weights: SavedNetwork['weights']) {}

  convolution(name: string): ConvolutionWeights {
    const bias = `${name}_bias`;
    return { kernel: this.weight(`${name}_kernel`), bias: bias in this.weights ? this.weight(bias) : undefined };
  }

  /** scale (x - mean) / sqrt(variance + epsilon) + offset, as one scale and one offset. */
  normalization(name: string): { readonly scale: SavedWeight; readonly offset: SavedWeight } {
    const [scale, offset, mean, variance] = ['scale', 'offset', 'running_mean', 'running_variance'].map(
      (part) => this.weight(`${name}_${part}`).data,
    );
    const gain = Array.from(scale, (factor, c) => factor / Math.sqrt(variance[c] + VARIANCE_EPSILON));
    return { scale: vector(gain), offset: vector(gain.map((factor, c) => offset[c] - mean[c] * factor)) };
  }

  unread(): string[] {
    return Object.keys(this.weights).filter((name) => !this.read.has(name));
  }

  private weight(name: string): SavedWeight {
    const weight = this.weights[name];
    if (weight === undefined)
      throw new UserError(`export: the network has no weight '${name}'; its layout is not known here`);
    this.read.add(name);
    return weight;
  }
}

/** Numbers as a weight of shape [values]. */
export function vector(values: readonly number[]): SavedWeight {
  return { shape: [values.length], data: Float32Array.from(values) };
}
