/** The mask as a PNG file whose pixel values are cluster ids, with the colours of the page as its palette. */
import { colorOf } from 'autoregseg/browser';
import { encode } from 'fast-png';
import type { Clusters } from './messages.js';
import { rgbOf } from './picture.js';

export function maskFile({ height, width, clusters, map }: Clusters, merged: readonly number[]): Uint8Array {
  const palette = Array.from({ length: clusters }, (_, id) => rgbOf(colorOf(id)));
  const data = Uint8Array.from(map, (id) => merged[id]);
  return encode({ width, height, data, channels: 1, depth: 8, palette });
}
