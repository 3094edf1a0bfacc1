/**
 * The model and the sample that the playground brings, from a run of the demo.
 *
 *   npm run demo && node tools/playground/bundle-model.mjs [RUN = autoregseg-demo]
 */
import { writeFileSync } from 'node:fs';
import { loadRun } from 'autoregseg';
import { encodeSafetensors } from 'autoregseg/browser';
import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import sharp from 'sharp';

const [run = 'autoregseg-demo'] = process.argv.slice(2);
const folder = new URL('../../packages/playground/public/', import.meta.url);

await useEngine();
const { model, step } = loadRun(run);
const { config, weights } = model.network.save();
const metadata = {
  network: JSON.stringify(config),
  statistics: JSON.stringify(model.statistics),
  head: model.head,
  training: `autoregseg demo, ${step} steps on mosaics of three CC0 textures`,
};
const file = encodeSafetensors({ tensors: weights, metadata });
writeFileSync(new URL('model/mosaic.safetensors', folder), file);

const { image } = await openDataset({ dataset: 'mosaic', split: 'test', size: [288, 384], count: 1, seed: 4 }).get(0);
const [height, width, channels] = image.shape;
const pixels = Uint8Array.from(image.data, (value) => Math.round(255 * value));
await sharp(pixels, { raw: { width, height, channels } }).png().toFile(new URL('sample.png', folder).pathname);
console.log(`model: ${file.length} bytes; sample: ${width} x ${height}`);
