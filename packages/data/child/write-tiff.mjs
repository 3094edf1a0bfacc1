/**
 * An uncompressed TIFF of 8 bit samples, red, green, blue and further bands, in one strip: what every reader reads.
 *
 * The further bands are tagged as unspecified, so that nobody takes infrared for transparency.
 *
 * [1] TIFF Revision 6.0, Adobe, 1992: section 2.
 */

const SHORT = 3;
const LONG = 4;

/**
 * @param {Uint8Array} data [H, W, C], row-major
 * @param {readonly [height: number, width: number, channels: number]} shape at least three channels
 * @returns {Buffer} the file
 */
export function tiffOfBands(data, [height, width, channels]) {
  const bits = Array.from({ length: channels }, () => 8);
  const extra = Array.from({ length: channels - 3 }, () => 0);
  // Header, pixels, values that do not fit into their entry, directory.
  const start = 8;
  const after = start + data.length + (data.length % 2);
  /** @type {[tag: number, type: number, values: number[]][]} */
  const entries = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, bits],
    [259, SHORT, [1]],
    [262, SHORT, [2]],
    [273, LONG, [start]],
    [277, SHORT, [channels]],
    [278, LONG, [height]],
    [279, LONG, [data.length]],
    [284, SHORT, [1]],
    ...(extra.length > 0 ? [/** @type {[number, number, number[]]} */ ([338, SHORT, extra])] : []),
  ];
  const loose = entries.filter(([, type, values]) => values.length * (type === LONG ? 4 : 2) > 4);
  const directory = after + loose.reduce((bytes, [, , values]) => bytes + 2 * values.length, 0);
  const file = Buffer.alloc(directory + 2 + 12 * entries.length + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directory, 4);
  file.set(data, start);
  file.writeUInt16LE(entries.length, directory);
  let free = after;
  entries.forEach(([tag, type, values], index) => {
    const at = directory + 2 + 12 * index;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(values.length, at + 4);
    if (type === LONG) return file.writeUInt32LE(values[0], at + 8);
    const inside = 2 * values.length <= 4;
    const to = inside ? at + 8 : free;
    if (!inside) {
      file.writeUInt32LE(free, at + 8);
      free += 2 * values.length;
    }
    return values.forEach((value, place) => file.writeUInt16LE(value, to + 2 * place));
  });
  return file;
}
