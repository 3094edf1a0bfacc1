/** The most that one strip or tile may unpack to. */

/** No honest block is larger: a strip that is the whole of the largest image that is decoded. */
const LARGEST_BLOCK = 2 ** 30;

/**
 * @param {ConstructorParameters<typeof import('geotiff').BaseDecoder>[0]} parameters of geotiff's decoders
 * @returns {number} bytes
 */
export function blockBytes({ tileWidth, tileHeight, bitsPerSample, planarConfiguration }) {
  const bits = typeof bitsPerSample === 'number' ? [bitsPerSample] : Array.from(bitsPerSample ?? [1]);
  // Band by band, a block holds one sample of each pixel.
  const pixelBits = planarConfiguration === 2 ? Math.max(...bits) : bits.reduce((sum, one) => sum + one, 0);
  return Math.min(LARGEST_BLOCK, tileHeight * Math.ceil((tileWidth * pixelBits) / 8));
}
