/**
 * Clicks that a person might make, drawn from the labels of a run's own images: as many of each class, at random pixels.
 *
 *   npm run build && node tools/docs/clicks.mjs RUN COUNT SEED > clicks.csv
 *
 * For docs/results.md alone: it measures what ten clicks are worth. Classes take turns, in an order drawn by the seed.
 */
import { readFileSync } from 'node:fs';
import { openDataset, permutation, randomStream } from '@autoregseg/data';

const [run, count, seed] = process.argv.slice(2);
const { size: _, longSide: __, ...spec } = JSON.parse(readFileSync(`${run}/config.json`, 'utf8')).dataset;
const dataset = openDataset(spec);
const random = randomStream(Number(seed));
const lines = [];
while (lines.length < Number(count)) {
  const wanted = lines.length % dataset.classes.length;
  const { id, image, label } = await dataset.get(permutation(dataset.size, random)[0]);
  const pixels = Array.from(label.keys()).filter((pixel) => label[pixel] === wanted);
  if (pixels.length === 0) continue;
  const pixel = pixels[permutation(pixels.length, random)[0]];
  const width = image.shape[1];
  lines.push(`"${id}",${pixel % width},${Math.floor(pixel / width)},"${dataset.classes[wanted]}"`);
}
process.stdout.write(`image,x,y,class\n${lines.join('\n')}\n`);
