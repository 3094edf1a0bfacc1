/** A data set of feature maps in place of its images: what training takes like any other. */
import type { Dataset, Sample } from '@autoregseg/data';
import { UserError } from '../errors.js';
import type { FeatureSource } from './feature-source.js';

export interface FeatureDataset extends Dataset {
  /** Height and width that every map has at least. */
  readonly smallest: readonly [height: number, width: number];
}

/**
 * Reads every map once, to know its size; labels are left behind.
 *
 * @param onProgress - told after each map
 * @throws UserError when maps have different numbers of channels
 */
export async function featureDataset(
  images: Dataset,
  source: FeatureSource,
  onProgress?: (done: number) => void,
): Promise<FeatureDataset> {
  const shapes: (readonly [number, number, number])[] = [];
  for await (const sample of images) {
    const { shape } = await source(sample);
    const [first = shape] = shapes;
    if (shape[2] !== first[2]) {
      throw new UserError(
        `features: all maps must have the same channels, got ${first[2]}, and ${shape[2]} of ${sample.id}`,
      );
    }
    shapes.push(shape);
    onProgress?.(shapes.length);
  }
  if (shapes.length === 0) throw new UserError(`features: none of the images of ${images.name} can be read`);
  const mapped = async (sample: Sample): Promise<Sample> => ({ id: sample.id, image: await source(sample) });
  return {
    ...images,
    name: `features of ${images.name}`,
    classes: [],
    channels: shapes[0][2],
    smallest: [Math.min(...shapes.map(([height]) => height)), Math.min(...shapes.map(([, width]) => width))],
    get: async (index) => mapped(await images.get(index)),
    async *[Symbol.asyncIterator]() {
      for await (const sample of images) yield mapped(sample);
    },
  };
}
