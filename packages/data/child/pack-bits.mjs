/**
 * Decoder of PackBits, TIFF's run-length code, on typed arrays.
 *
 * Differs from the one in geotiff 3: that one collects bytes in a plain array, and takes the code that means nothing
 * (-128) for a run.
 *
 * [1] TIFF Revision 6.0, Adobe, 1992: section 9.
 */
import { BaseDecoder } from 'geotiff';
import { blockBytes } from './block-bytes.mjs';

/**
 * @param {Uint8Array} packed n in 0..127: n + 1 bytes as they are; n in -1..-127: the next byte 1 - n times; -128: nothing
 * @param {number} [limit] bytes that it may unpack to
 * @returns {Uint8Array}
 * @throws {RangeError} when more comes out than may
 */
export function unpackBits(packed, limit = Infinity) {
  const length = unpackedLength(packed);
  if (length > limit) throw new RangeError(`unpackBits: ${length} bytes come out, at most ${limit} may`);
  const unpacked = new Uint8Array(length);
  let to = 0;
  for (let at = 0; at < packed.length;) {
    const code = packed[at];
    if (code < 128) {
      unpacked.set(packed.subarray(at + 1, at + 2 + code), to);
      to += code + 1;
      at += code + 2;
    } else {
      const run = code === 128 ? 0 : 257 - code;
      unpacked.fill(packed[at + 1], to, to + run);
      to += run;
      at += code === 128 ? 1 : 2;
    }
  }
  return unpacked;
}

/** @param {Uint8Array} packed */
function unpackedLength(packed) {
  let length = 0;
  for (let at = 0; at < packed.length;) {
    const code = packed[at];
    length += code < 128 ? Math.min(code + 1, packed.length - at - 1) : code === 128 ? 0 : 257 - code;
    at += code < 128 ? code + 2 : code === 128 ? 1 : 2;
  }
  return length;
}

/** `unpackBits` for geotiff's registry of decoders. */
export class TypedPackBitsDecoder extends BaseDecoder {
  /**
   * @override
   * @param {ArrayBufferLike} buffer
   * @returns {ArrayBufferLike}
   */
  decodeBlock(buffer) {
    return unpackBits(new Uint8Array(buffer), blockBytes(this.parameters)).buffer;
  }
}
