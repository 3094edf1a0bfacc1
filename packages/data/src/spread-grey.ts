/** Grey images among those of three channels. */
import { UnreadableImageError } from './dataset.js';
import type { MaskedImage } from './read-image.js';

/** Grey becomes three equal channels where the dataset has three. */
export function withChannels(file: string, { image, valid }: MaskedImage, channels: number): MaskedImage {
  const [height, width, bands] = image.shape;
  if (bands === channels) return { image, ...(valid && { valid }) };
  if (bands !== 1) throw new UnreadableImageError(file, `it now has ${bands} bands, ${channels} when it was opened`);
  const data = Float32Array.from(
    { length: height * width * channels },
    (_, at) => image.data[Math.floor(at / channels)],
  );
  return { image: { shape: [height, width, channels], data }, ...(valid && { valid }) };
}
