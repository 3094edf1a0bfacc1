/**
 * geotiff's decoders of LZW, PackBits and deflate, replaced by ones that bear wide strips, use zlib's threads, and refuse
 * blocks that unpack to more than they may hold.
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { addDecoder, BaseDecoder } from 'geotiff';
import { blockBytes } from './block-bytes.mjs';
import { TypedLzwDecoder } from './lzw.mjs';
import { TypedPackBitsDecoder } from './pack-bits.mjs';

const unpack = promisify(inflate);

/** Several times faster than the JavaScript inflate that it replaces, and on other threads. */
class ZlibDecoder extends BaseDecoder {
  /**
   * @override
   * @param {ArrayBufferLike} buffer
   * @returns {Promise<ArrayBufferLike>}
   */
  async decodeBlock(buffer) {
    const {
      buffer: bytes,
      byteOffset,
      byteLength,
    } = await unpack(new Uint8Array(buffer), {
      maxOutputLength: blockBytes(this.parameters),
    });
    return bytes.slice(byteOffset, byteOffset + byteLength);
  }
}

/** Registers them; to be called once in each process that decodes. */
export function registerDecoders() {
  addDecoder(5, async () => TypedLzwDecoder);
  addDecoder(32773, async () => TypedPackBitsDecoder);
  // 8 is the registered number, 32946 the one before it.
  addDecoder([8, 32946], async () => ZlibDecoder);
}
