/**
 * The picture of the README: unseen mosaics, what the demo's network made of them, and the truth it never saw.
 *
 *   npm run demo && node tools/docs/demo-picture.mjs [RUN = autoregseg-demo] [PNG = docs/images/demo.png]
 */
import { loadRun, segmentImage } from 'autoregseg';
import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import sharp from 'sharp';

const [run = 'autoregseg-demo', png = 'docs/images/demo.png'] = process.argv.slice(2);
const COLUMNS = 6;
const GAP = 6;
/** Okabe-Ito, as in the report. */
const COLOURS = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
];

await useEngine();
const { model } = loadRun(run);
const dataset = openDataset({ dataset: 'mosaic', split: 'test', count: COLUMNS });
const tiles = [];
for (let column = 0; column < COLUMNS; column++) {
  const { image, label } = await dataset.get(column);
  const [height, width] = image.shape;
  const { clusters } = segmentImage(model, image, 'unmasked');
  const truth = commonNames(label, clusters);
  const pictures = [
    Uint8Array.from(image.data, (value) => Math.round(255 * value)),
    Uint8Array.from([...clusters].flatMap((id) => COLOURS[id])),
    Uint8Array.from([...label].flatMap((id) => COLOURS[truth[id]])),
  ];
  pictures.forEach((rgb, row) => {
    const raw = { raw: { width, height, channels: 3 } };
    tiles.push({ input: Buffer.from(rgb), ...raw, left: column * (width + GAP), top: row * (height + GAP) });
  });
}
const { width, height } = tiles[0].raw;
const size = { width: COLUMNS * (width + GAP) - GAP, height: 3 * (height + GAP) - GAP };
const canvas = { create: { ...size, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } };
await sharp(canvas).composite(tiles).png({ palette: true }).toFile(png);
model.network.dispose();
console.log(`${png}: ${size.width} x ${size.height}`);

/** For each class the cluster it is covered by most, so that truth and prediction share colours. */
function commonNames(label, clusters) {
  return COLOURS.map((_, id) => {
    const counts = COLOURS.map(() => 0);
    label.forEach((classId, pixel) => {
      if (classId === id) counts[clusters[pixel]] += 1;
    });
    return counts.indexOf(Math.max(...counts));
  });
}
