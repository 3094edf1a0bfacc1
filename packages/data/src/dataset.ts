/**
 * What a dataset is here: images as plain arrays, in [H, W, C] order, with labels where there are any.
 *
 * No tensor appears in this package, so that it serves any engine, and code without one.
 */

/** An image: float32, row-major [H, W, C], 0..1 (8 bit / 255, 16 bit / 65535). */
export interface RasterImage {
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly data: Float32Array;
}

/** One image with what is known about its pixels. */
export interface Sample {
  /** Unique in its dataset; for a folder the relative path without extension, with forward slashes. */
  readonly id: string;
  readonly image: RasterImage;
  /** [H * W], a class index or the dataset's ignoreId. Absent = unlabelled. */
  readonly label?: Int32Array;
  /** [H * W], 0 where the image holds nothing (alpha 0 or nodata), else 1. Absent = all valid. */
  readonly valid?: Uint8Array;
}

/** A file that could not be read, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** What is wanted of a sample. */
export interface GetOptions {
  /** @defaultValue true */
  readonly label?: boolean;
}

/** A window of an image: its top left pixel and its sides. */
export interface ImageWindow {
  readonly corner: readonly [row: number, column: number];
  readonly size: readonly [height: number, width: number];
}

/** Where a window lies in an image of these sides. @throws RangeError where it does not fit */
export type WindowPlace = (height: number, width: number) => ImageWindow;

/** An ordered collection of samples, each read when it is asked for. */
export interface Dataset extends AsyncIterable<Sample> {
  readonly name: string;
  /** Number of ids. Iteration may yield fewer: see `skipped`. */
  readonly size: number;
  readonly ids: readonly string[];
  /** Names of the classes, [] when there are no labels. */
  readonly classes: readonly string[];
  /** The label of pixels that count for nothing. */
  readonly ignoreId: number;
  readonly channels: number;
  /** Height and width of each image, in the order of `ids`, where headers tell; an EXIF rotation swaps the two. */
  readonly shapes?: readonly (readonly [height: number, width: number])[];
  /** Files left out so far because they could not be read; grows while a dataset is read. Absent = none can be. */
  readonly skipped?: readonly SkippedFile[];
  /**
   * @param index - 0 <= index < size
   * @param options - `label: false` leaves the label's file unread where the image does not need it
   * @throws RangeError outside of that range; UnreadableImageError when the file cannot be decoded
   */
  get(index: number, options?: GetOptions): Promise<Sample>;
  /** A window of an image, without its label; only where that costs less than the whole image. Throws as `get`. */
  getWindow?(index: number, place: WindowPlace): Promise<Sample>;
  /** The files that the image of an index is read from; absent = none. */
  filesOf?(index: number): readonly string[];
}

/** The label of pixels that count for nothing, in every dataset of this package. */
export const IGNORE_ID = 255;

/** A file of a dataset that cannot be decoded, and that a reader of the dataset may skip. */
export class UnreadableImageError extends Error {
  override readonly name = 'UnreadableImageError';
  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`${file}: ${reason}`);
  }
}
