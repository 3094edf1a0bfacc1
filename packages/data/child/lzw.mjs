/**
 * Decoder of TIFF's LZW (most significant bit first, codes grow one entry early), on typed arrays.
 *
 * Differs from the one in geotiff 3: that one collects bytes in plain arrays and runs the process out of memory on wide
 * strips.
 *
 * [1] TIFF Revision 6.0, Adobe, 1992: section 13.
 */
import { BaseDecoder } from 'geotiff';
import { blockBytes } from './block-bytes.mjs';

const CLEAR = 256;
const END = 257;
const FIRST_FREE = 258;
const MAX_BITS = 12;

/**
 * @param {Uint8Array} packed one strip or tile
 * @param {number} [limit] bytes that it may unpack to
 * @returns {Uint8Array} its bytes, predictor not yet undone
 * @throws {RangeError} when a code refers to what does not exist, or more comes out than may
 */
export function unpackLzw(packed, limit = Infinity) {
  // Entry = the entry before it and one more byte; lengths let a string be written from its end.
  const prefix = new Uint16Array(1 << MAX_BITS);
  const last = new Uint8Array(1 << MAX_BITS);
  const first = new Uint8Array(1 << MAX_BITS);
  const length = new Uint16Array(1 << MAX_BITS);
  for (let byte = 0; byte < 256; byte++) {
    last[byte] = byte;
    first[byte] = byte;
    length[byte] = 1;
  }
  let out = new Uint8Array(packed.length * 4);
  let size = 0;
  let entries = FIRST_FREE;
  let bits = 9;
  let previous = -1;
  let held = 0;
  let heldBits = 0;
  for (let at = 0; ;) {
    while (heldBits < bits && at < packed.length) {
      held = ((held << 8) | packed[at++]) & 0xffffff;
      heldBits += 8;
    }
    // Some writers leave out the end code.
    if (heldBits < bits) return out.subarray(0, size);
    heldBits -= bits;
    const code = (held >>> heldBits) & ((1 << bits) - 1);
    if (code === END) return out.subarray(0, size);
    if (code === CLEAR) {
      [entries, bits, previous] = [FIRST_FREE, 9, -1];
      continue;
    }
    if (code > entries || (code === entries && previous < 0) || (previous < 0 && code > 255)) {
      throw new RangeError(`unpackLzw: code ${code} is beyond the ${entries} entries of the table`);
    }
    if (previous >= 0 && entries < 1 << MAX_BITS) {
      prefix[entries] = previous;
      first[entries] = first[previous];
      last[entries] = first[code === entries ? previous : code];
      length[entries] = length[previous] + 1;
      entries++;
    }
    const end = size + length[code];
    if (end > limit) throw new RangeError(`unpackLzw: more than ${limit} bytes come out`);
    if (end > out.length) {
      const grown = new Uint8Array(Math.max(end, 2 * out.length));
      grown.set(out);
      out = grown;
    }
    for (let write = end - 1, entry = code; write >= size; write--, entry = prefix[entry]) out[write] = last[entry];
    size = end;
    previous = code;
    if (entries + 1 >= 1 << bits && bits < MAX_BITS) bits++;
  }
}

/** `unpackLzw` for geotiff's registry of decoders. */
export class TypedLzwDecoder extends BaseDecoder {
  /**
   * @override
   * @param {ArrayBufferLike} buffer
   * @returns {ArrayBufferLike}
   */
  decodeBlock(buffer) {
    return unpackLzw(new Uint8Array(buffer), blockBytes(this.parameters)).slice().buffer;
  }
}
