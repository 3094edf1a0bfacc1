/**
 * Reads one image file as float32 0..1, with a mask of the pixels that hold something.
 *
 *   value = (sample - low) / (high - low), cut to 0..1
 *
 * [low, high] is the whole range of an integer type (8 bit: 0..255) and 0..1 for floats, unless a range is given.
 */
import { UnreadableImageError, type RasterImage } from './dataset.js';
import { decodeImage, type DecodedImage } from './decode-image.js';
import { readImageHeader, type HeaderOptions } from './image-header.js';
import { nameOf, type ImageSource } from './image-source.js';

export interface ReadImageOptions extends HeaderOptions {
  /** The samples that become 0 and 1; for 16 bit sensors and floats. */
  readonly range?: readonly [low: number, high: number];
}

export interface MaskedImage {
  readonly image: RasterImage;
  /** [H * W]; absent when every pixel is valid. */
  readonly valid?: Uint8Array;
}

/**
 * @returns as many bands as the file has, without alpha; invalid pixels are 0
 * @throws UnreadableImageError when the file cannot be decoded faithfully
 */
export async function readImage(source: ImageSource, options: ReadImageOptions): Promise<MaskedImage> {
  const header = readImageHeader(source, options);
  const decoded = await decodeImage(source, header, options.alpha);
  return maskedImage(nameOf(source), decoded, { range: options.range, nodata: header.tiff?.nodata });
}

export interface SampleMeaning {
  readonly range?: readonly [low: number, high: number];
  /** The sample that stands for nothing, where all bands have it. */
  readonly nodata?: number;
}

/** Samples as stored -> 0..1, with the mask of what is there. @throws UnreadableImageError when `range` is needed */
export function maskedImage(file: string, decoded: DecodedImage, { range, nodata }: SampleMeaning): MaskedImage {
  const valid = validPixels(decoded, nodata);
  return { image: scaled(file, decoded, range, valid), ...(valid && { valid }) };
}

/** Invalid: alpha 0, every band at the nodata value, or a band that is not a finite number. */
function validPixels({ height, width, bands, hasAlpha, data }: DecodedImage, nodata?: number): Uint8Array | undefined {
  const samples = bands + (hasAlpha ? 1 : 0);
  const floats = holdsFloats(data);
  if (!hasAlpha && !floats && nodata === undefined) return undefined;
  // A float file stores its nodata value rounded to its own precision.
  const missing = nodata !== undefined && data instanceof Float32Array ? Math.fround(nodata) : nodata;
  const valid = new Uint8Array(height * width).fill(1);
  let invalid = 0;
  for (let pixel = 0; pixel < valid.length; pixel++) {
    const at = pixel * samples;
    let atNodata = 0;
    let finite = true;
    for (let band = 0; band < bands; band++) {
      if (data[at + band] === missing) atNodata++;
      if (floats && !Number.isFinite(data[at + band])) finite = false;
    }
    if (atNodata === bands || !finite || (hasAlpha && data[at + bands] === 0)) {
      valid[pixel] = 0;
      invalid++;
    }
  }
  return invalid > 0 ? valid : undefined;
}

function scaled(
  file: string,
  { height, width, bands, hasAlpha, data }: DecodedImage,
  range: readonly [number, number] | undefined,
  valid: Uint8Array | undefined,
): RasterImage {
  const [low, high] = range ?? fullRange(data);
  const samples = bands + (hasAlpha ? 1 : 0);
  const scale = 1 / (high - low);
  const values = new Float32Array(height * width * bands);
  const floats = holdsFloats(data);
  if (!range && !floats && samples === bands && !valid) {
    // As most photographs are: whole numbers from their full range have nothing to check or to cut.
    for (let at = 0; at < values.length; at++) values[at] = (data[at] - low) * scale;
    return { shape: [height, width, bands], data: values };
  }
  let [least, most] = [Infinity, -Infinity];
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (valid?.[pixel] === 0) continue;
    for (let band = 0; band < bands; band++) {
      const sample = data[pixel * samples + band];
      if (sample < least) least = sample;
      if (sample > most) most = sample;
      values[pixel * bands + band] = Math.min(1, Math.max(0, (sample - low) * scale));
    }
  }
  if (!range && (least < low || most > high)) {
    throw new UnreadableImageError(
      file,
      `its float samples go from ${least} to ${most}; say with range: [low, high] which of them are 0 and 1`,
    );
  }
  return { shape: [height, width, bands], data: values };
}

function holdsFloats(data: DecodedImage['data']): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

function fullRange(data: DecodedImage['data']): readonly [number, number] {
  if (holdsFloats(data)) return [0, 1];
  const states = 2 ** (8 * data.BYTES_PER_ELEMENT);
  const signed = data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array;
  return signed ? [-states / 2, states / 2 - 1] : [0, states - 1];
}
