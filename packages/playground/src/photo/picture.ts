/** The photo with its clusters laid over it, on a canvas. */
import { colorOf } from 'autoregseg/browser';
import type { Clusters, Photo } from './messages.js';

export interface Overlay {
  readonly result: Clusters;
  /** The cluster that each id counts as. */
  readonly merged: readonly number[];
  readonly isVisible: (id: number) => boolean;
  /** 0..1 */
  readonly opacity: number;
}

/** Draws the photo at its own size, and the clusters of its working size scaled up to it without blending. */
export function drawPicture(canvas: HTMLCanvasElement, photo: ImageBitmap, overlay?: Overlay): void {
  canvas.width = photo.width;
  canvas.height = photo.height;
  const context = canvas.getContext('2d')!;
  context.drawImage(photo, 0, 0);
  if (!overlay) return;
  const { result, merged, isVisible, opacity } = overlay;
  const layer = new OffscreenCanvas(result.width, result.height);
  const pixels = new ImageData(result.width, result.height);
  const colours = Uint32Array.from(merged, (id) => (isVisible(id) ? pixelOf(rgbOf(colorOf(id))) : 0));
  const words = new Uint32Array(pixels.data.buffer);
  // One word a pixel: the page draws this between two frames while a network learns.
  result.map.forEach((id, pixel) => (words[pixel] = colours[id]));
  layer.getContext('2d')!.putImageData(pixels, 0, 0);
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = false;
  context.drawImage(layer, 0, 0, photo.width, photo.height);
  context.globalAlpha = 1;
}

/** The pixels of a photo, shrunk so that its longer side has at most `longSide`. */
export function shrinkPhoto(photo: ImageBitmap, longSide: number): Photo {
  const scale = Math.min(1, longSide / Math.max(photo.width, photo.height));
  const width = Math.max(1, Math.round(photo.width * scale));
  const height = Math.max(1, Math.round(photo.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(photo, 0, 0, width, height);
  return { height, width, rgba: context.getImageData(0, 0, width, height).data };
}

/** The four bytes of an opaque pixel as one number, in this machine's order of bytes. */
function pixelOf(rgb: readonly [number, number, number]): number {
  return new Uint32Array(Uint8Array.of(...rgb, 255).buffer)[0];
}

export function rgbOf(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
