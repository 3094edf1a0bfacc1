/**
 * A raster as seen from further away: each pixel the weighted mean of those under it, as `resizeImage` shrinks images.
 *
 * For runs that were trained on shrunk images: a network knows textures at the scale it saw them.
 */
import { cropSample, resizeImage, type PixelWindow, type Raster } from '@autoregseg/data';

/**
 * @param factor - whole; pixels left over at the right and bottom edges are not seen
 * @throws RangeError when nothing would be left
 */
export function shrunkRaster(raster: Raster, factor: number): Raster {
  if (factor === 1) return raster;
  const [height, width] = [Math.floor(raster.height / factor), Math.floor(raster.width / factor)];
  if (height === 0 || width === 0) {
    throw new RangeError(`shrunkRaster: ${raster.height}x${raster.width} pixels leave nothing at a ${factor}th`);
  }
  return {
    ...raster,
    height,
    width,
    async read(window: PixelWindow) {
      // The kernel reaches one shrunk pixel to either side.
      const rows = widened(window.top, window.height, height);
      const columns = widened(window.left, window.width, width);
      const read = await raster.read({
        top: factor * rows.start,
        left: factor * columns.start,
        height: factor * rows.length,
        width: factor * columns.length,
      });
      const shrunk = resizeImage(read, [rows.length, columns.length]);
      const corner = [window.top - rows.start, window.left - columns.start] as const;
      return cropSample({ id: raster.source, ...shrunk }, corner, [window.height, window.width]);
    },
  };
}

function widened(start: number, length: number, whole: number): { readonly start: number; readonly length: number } {
  const first = Math.max(0, start - 1);
  return { start: first, length: Math.min(whole, start + length + 1) - first };
}
