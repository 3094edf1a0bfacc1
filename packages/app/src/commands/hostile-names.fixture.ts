/** Names of files and classes that are code somewhere else, and folders full of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeImage, writeLabel } from './small-images.fixture.js';

/** No slash: they are names of files. */
export const HOSTILE_NAMES = [
  '<script>alert(1)<',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '&lt;b&gt; ${7*7} {{7*7}} `x`',
  ']]><!--',
] as const;

/** Writes an image and a label for each name, and a label map whose two classes are called as badly. */
export async function writeHostileFolders({
  images,
  labels,
  map,
}: Readonly<Record<'images' | 'labels' | 'map', string>>) {
  for (const [at, name] of HOSTILE_NAMES.entries()) {
    await writeImage(join(images, `${name}.png`), { seed: at + 1 });
    await writeLabel(join(labels, `${name}.png`));
  }
  writeFileSync(map, JSON.stringify({ classes: ['<i>sky</i>', HOSTILE_NAMES[1]], map: { 0: 0, 1: 1 } }));
}
