/** Uncompressed TIFF files of any number of samples, for tests: tags as given, one strip (or one a band). */

type Samples = Uint8Array | Uint16Array | Int16Array | Float32Array;

export interface TiffFields {
  readonly height: number;
  readonly width: number;
  /** Pixel by pixel. */
  readonly data: Samples;
  readonly photometric?: number;
  readonly planar?: 1 | 2;
  readonly extraSamples?: readonly number[];
  readonly orientation?: number;
  readonly nodata?: string;
  /** Red of 256 entries, then green, then blue, 16 bit each. */
  readonly palette?: readonly number[];
}

const FORMATS = { Uint8Array: 1, Uint16Array: 1, Int16Array: 2, Float32Array: 3 };

/** @returns the file's bytes, little-endian */
export function tiffBytes(fields: TiffFields): Buffer {
  const { height, width, data, photometric = 1, planar = 1, extraSamples, orientation, nodata, palette } = fields;
  const samples = data.length / (height * width);
  const pixels = Buffer.from(planar === 1 ? data.slice().buffer : byBand(data, samples).buffer);
  const strips = planar === 1 ? 1 : samples;
  const offsets = Array.from({ length: strips }, (_, strip) => 8 + (strip * pixels.length) / strips);
  const same = (value: number, count: number) => Array.from({ length: count }, () => value);
  const format = FORMATS[data.constructor.name as keyof typeof FORMATS];
  const entries: [tag: number, type: 2 | 3 | 4, values: readonly number[]][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, same(8 * data.BYTES_PER_ELEMENT, samples)],
    [259, 3, [1]],
    [262, 3, [photometric]],
    [273, 4, offsets],
    ...(orientation ? ([[274, 3, [orientation]]] as [number, 3, number[]][]) : []),
    [277, 3, [samples]],
    [278, 4, [height]],
    [279, 4, same(pixels.length / strips, strips)],
    [284, 3, [planar]],
    ...(palette ? ([[320, 3, palette]] as [number, 3, readonly number[]][]) : []),
    ...(extraSamples ? ([[338, 3, extraSamples]] as [number, 3, number[]][]) : []),
    [339, 3, same(format, samples)],
    ...(nodata ? ([[42113, 2, [...Buffer.from(`${nodata}\0`)]]] as [number, 2, number[]][]) : []),
  ];
  return assemble(pixels, entries);
}

function byBand(data: Samples, samples: number): Samples {
  const pixels = data.length / samples;
  return data.map((_, at) => data[(at % pixels) * samples + Math.floor(at / pixels)]) as Samples;
}

function assemble(pixels: Buffer, entries: [number, 2 | 3 | 4, readonly number[]][]): Buffer {
  const bytesOf = { 2: 1, 3: 2, 4: 4 };
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  const start = Buffer.alloc(8);
  start.write('II*\0', 'latin1');
  start.writeUInt32LE(8 + pixels.length, 4);
  const values: Buffer[] = [];
  let end = 8 + pixels.length + directory.length;
  directory.writeUInt16LE(entries.length);
  entries.forEach(([tag, type, numbers], index) => {
    const size = bytesOf[type];
    const bytes = Buffer.alloc(Math.max(4, size * numbers.length));
    numbers.forEach((value, at) => bytes.writeUIntLE(value, at * size, size));
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(numbers.length, at + 4);
    if (size * numbers.length <= 4) {
      bytes.copy(directory, at + 8);
    } else {
      directory.writeUInt32LE(end, at + 8);
      values.push(bytes);
      end += bytes.length;
    }
  });
  return Buffer.concat([start, pixels, directory, ...values]);
}
