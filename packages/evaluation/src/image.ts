/**
 * Images and labelled samples as this package takes them: plain typed arrays, those of `@autoregseg/data` among others.
 */

/** Pixels row by row, channels together. */
export interface Image {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** [H * W * C] */
  readonly data: Float32Array;
}

/** An image, with what is known of it. */
export interface LabelledImage {
  readonly image: Image;
  /** [H * W], class of each pixel or an id to ignore. */
  readonly label?: Int32Array;
  /** [H * W], 0 where there is no data; absent when all pixels are valid. */
  readonly valid?: Uint8Array;
}

/** Images that can be walked more than once: an array, or a data set, which has a name. */
export type Samples = (Iterable<LabelledImage> | AsyncIterable<LabelledImage>) & { readonly name?: string };
