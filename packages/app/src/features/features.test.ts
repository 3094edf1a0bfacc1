/** From images and an ONNX file to masks, with a backbone that is made here. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset, type Dataset } from '@autoregseg/data';
import { decode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../commands/program.js';
import { succeed } from '../commands/run-command.fixture.js';
import { encodeOnnx } from '../export/onnx-file.js';
import { exportRun } from '../export/export-run.js';
import { importRun } from '../export/import-run.js';
import { loadRun } from '../inference/model.js';
import { encodeSafetensors } from '../run/safetensors.js';
import { featureDataset } from './feature-dataset.js';
import { featureSource } from './feature-source.js';
import type { OnnxBackbone } from './feature-spec.js';
import { openBackbone } from './onnx-backbone.js';

const PATCH = 4;
const CHANNELS = 6;
const [HEIGHT, WIDTH] = [32, 48];

let folder: string;
let model: string;
let images: string;
let spec: OnnxBackbone;
let dataset: Dataset;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-features-'));
  model = join(folder, 'backbone.onnx');
  writeFileSync(model, patchBackbone());
  images = join(folder, 'images');
  mkdirSync(images);
  for (let i = 0; i < 6; i++) await writeHalves(join(images, `${i}.png`), i);
  spec = { kind: 'onnx', model, size: [HEIGHT, WIDTH], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], layout: 'auto' };
  dataset = openDataset({ dataset: 'folder', images });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Patches of 4 x 4, each projected to 6 numbers, as the first layer of a vision transformer does. */
function patchBackbone(): Uint8Array {
  const size = CHANNELS * 3 * PATCH * PATCH;
  const kernel = Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1)) / 10);
  const graph = {
    name: 'patches',
    nodes: [
      {
        name: 'features',
        type: 'Conv',
        inputs: ['pixels', 'kernel'],
        attributes: { strides: [PATCH, PATCH], kernel_shape: [PATCH, PATCH] },
      },
    ],
    initializers: [{ name: 'kernel', shape: [CHANNELS, 3, PATCH, PATCH], data: kernel }],
    inputs: [{ name: 'pixels', shape: [1, 3, 'height', 'width'] }],
    outputs: [{ name: 'features', shape: [1, CHANNELS, 'rows', 'columns'] }],
  };
  return encodeOnnx(graph, { producer: { name: 'test', version: '0' }, documentation: '', metadata: {} });
}

/** Reddish on one side, bluish on the other, with noise; the border's place goes with `seed`. */
async function writeHalves(path: string, seed: number): Promise<void> {
  const border = borderOf(seed);
  const rgb = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => {
    const left = Math.floor(i / 3) % WIDTH < border;
    const bright = i % 3 === (left ? 0 : 2);
    return (bright ? 200 : 60) + 40 * Math.sin(78.233 * i + seed);
  });
  await sharp(rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toFile(path);
}

const borderOf = (seed: number) => 12 + 4 * seed;

describe('backbone', () => {
  it('makes a map of each image, equal to the convolution by hand', async () => {
    const { image } = await dataset.get(0);
    const { shape, data } = await (await openBackbone(spec))(image);
    expect(shape).toEqual([HEIGHT / PATCH, WIDTH / PATCH, CHANNELS]);
    const channel = 2;
    let sum = 0;
    for (let band = 0; band < 3; band++)
      for (let row = 0; row < PATCH; row++)
        for (let column = 0; column < PATCH; column++) {
          const weight = Math.sin(12.9898 * (((channel * 3 + band) * PATCH + row) * PATCH + column + 1)) / 10;
          const value = image.data[((PATCH + row) * WIDTH + 2 * PATCH + column) * 3 + band];
          sum += (weight * (value - 0.5)) / 0.5;
        }
    expect(data[(1 * shape[1] + 2) * CHANNELS + channel]).toBeCloseTo(sum, 4);
  });

  it('is not asked again for maps that are in the cache', async () => {
    const cache = join(folder, 'cache');
    const sample = await dataset.get(1);
    const made = await featureSource(spec, { folder: cache, write: true })(sample);
    expect(readdirSync(cache)).toHaveLength(1);
    // Another source of the same model, which cannot be run: its options would fail.
    const broken = join(folder, 'moved.onnx');
    writeFileSync(broken, readFileSync(model));
    const again = featureSource({ ...spec, model: broken }, { folder: cache, write: false });
    rmSync(broken);
    await expect(again(sample)).rejects.toThrow(/there is no such file/);
    expect(await featureSource(spec, { folder: cache, write: false })(sample)).toEqual(made);
  });

  it('writes nothing where it may only read', async () => {
    const cache = join(folder, 'untouched');
    await featureSource(spec, { folder: cache, write: false })(await dataset.get(1));
    expect(existsSync(cache)).toBe(false);
  });

  it.each<[string, Partial<OnnxBackbone>, RegExp]>([
    ['no file', { model: 'nowhere.onnx' }, /--backbone nowhere\.onnx: there is no such file/],
    ['another output', { output: 'logits' }, /has outputs features, got 'logits'/],
    ['statistics of other bands', { mean: [0] }, /images have 3 bands, got 1 means and 3 deviations/],
  ])('tells %s', async (_, change, message) => {
    const run = async () => (await openBackbone({ ...spec, ...change }))((await dataset.get(0)).image);
    await expect(run()).rejects.toThrow(message);
  });
});

describe('files', () => {
  it('are read by the id of the image, as .npy or .safetensors', async () => {
    const maps = join(folder, 'maps');
    mkdirSync(maps);
    const data = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i);
    const file = encodeSafetensors({ tensors: { any: { shape: [2, 3, 4], data } }, metadata: {} });
    for (const id of dataset.ids) writeFileSync(join(maps, `${id}.safetensors`), file);
    const features = await featureDataset(
      dataset,
      featureSource({ kind: 'files', folder: maps }, { folder: '', write: false }),
    );
    expect(features).toMatchObject({ channels: 4, smallest: [2, 3], size: 6 });
    expect((await features.get(5)).image).toEqual({ shape: [2, 3, 4], data });
    writeFileSync(
      join(maps, '4.safetensors'),
      encodeSafetensors({ tensors: { any: { shape: [2, 3, 4], data: data.with(7, Infinity) } }, metadata: {} }),
    );
    await expect(features.get(4)).rejects.toThrow(
      /4\.safetensors: a map of finite numbers is needed, got Infinity at value 7/,
    );
    rmSync(join(maps, '3.safetensors'));
    await expect(features.get(3)).rejects.toThrow(
      /3: neither \.npy nor \.safetensors is there\. Each image needs its map/,
    );
  });
});

describe('segment', () => {
  it('goes from a folder of images and an ONNX file to masks in one command', async () => {
    const out = join(folder, 'out');
    const words = [
      'segment',
      images,
      '-k',
      '2',
      '--out',
      out,
      '--backbone',
      model,
      '--backbone-size',
      `${HEIGHT}x${WIDTH}`,
    ];
    const recipe = [
      '--steps',
      '40',
      '--stem-channels',
      '8',
      '--blocks',
      '1',
      '--main-heads',
      '2',
      '--overclusters',
      '4',
    ];
    expect(await runCli(['node', 'autoregseg', ...words, ...recipe, '--batch-size', '6'])).toBe(0);
    let right = 0;
    for (let i = 0; i < 6; i++) {
      const { data, width, height } = decode(readFileSync(join(out, 'masks', `${i}.png`)));
      expect([height, width]).toEqual([HEIGHT, WIDTH]);
      const left = (pixel: number) => pixel % WIDTH < borderOf(i);
      for (let pixel = 0; pixel < data.length; pixel++) right += (data[pixel] === data[0]) === left(pixel) ? 1 : 0;
    }
    expect(right / (6 * HEIGHT * WIDTH)).toBeGreaterThan(0.9);
    expect(readdirSync(join(out, 'run', 'features'))).toHaveLength(6);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
  });

  it('resumes without a word about crops that were made to fit the maps, and names what is asked for anew', async () => {
    const run = join(folder, 'resumed');
    const again = (...words: string[]) => {
      const data = [
        '--dataset',
        'folder',
        '--images',
        images,
        '--backbone',
        model,
        '--backbone-size',
        `${HEIGHT}x${WIDTH}`,
      ];
      const recipe = [
        '--clusters',
        '2',
        '--stem-channels',
        '4',
        '--blocks',
        '1',
        '--main-heads',
        '1',
        '--batch-size',
        '2',
      ];
      return succeed('train', ...data, ...recipe, '--out', run, '--resume', ...words);
    };
    await again('--steps', '1');
    expect(loadRun(run).run.config.crop).toEqual([HEIGHT / PATCH, WIDTH / PATCH]);
    expect((await again('--steps', '2')).stderr).not.toContain('--resume keeps');
    expect((await again('--steps', '2', '--crop', '4', '--seed', '5')).stderr).toContain(
      "--resume keeps the run's own crop, seed; to change it, train into another folder",
    );
  });

  it('predicts other images by the same backbone', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    await writeHalves(join(other, 'new.png'), 3);
    const masks = join(folder, 'masks');
    expect(await runCli(['node', 'autoregseg', 'predict', join(folder, 'out', 'run'), other, '--out', masks])).toBe(0);
    expect(existsSync(join(masks, 'new.png'))).toBe(true);
  });

  it('exports the network in front of the head, and imports it with its backbone', () => {
    const run = join(folder, 'out', 'run');
    const { card, model: file } = exportRun(run, { format: 'safetensors', out: join(folder, 'exported') });
    expect(card.input).toMatchObject({ bands: CHANNELS, features: { kind: 'onnx', model } });
    importRun(file, { out: join(folder, 'imported') });
    const [before, after] = [run, join(folder, 'imported')].map((path) => loadRun(path));
    expect(after.run.features).toEqual(before.run.features);
    for (const loaded of [before, after]) loaded.model.network.dispose();
  });

  it.each([
    [['--features', 'a', '--backbone', 'b'], 2],
    [['--features', 'nowhere'], 2],
    [['--backbone', 'nowhere.onnx'], 1],
    [['--backbone', 'b', '--backbone-mean', 'x'], 2],
  ])('refuses %j with exit code %i', async (flags, code) => {
    expect(
      await runCli(['node', 'autoregseg', 'segment', images, '-k', '2', '--out', join(folder, 'no'), ...flags]),
    ).toBe(code);
    rmSync(join(folder, 'no'), { recursive: true, force: true });
  });
});
