import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaster, type RasterImage } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { createNetwork, type NetworkOptions } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { segmentImage, type InferenceView, type SegmenterModel } from '../inference/segmenter.js';
import { MASK_NODATA } from './mask-tiles.js';
import { mergeRaster } from './merge-raster.js';
import { readPart } from './part.js';
import { differing, predictedMask, readMask, type Choices } from './predicted-mask.fixture.js';
import { predictRaster } from './predict-raster.js';
import { rasterBytes, UTM_33, writeRaster, type RasterFields } from './raster.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-predict-raster-'));
beforeAll(() => useEngine('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

let counter = 0;
const fresh = () => join(folder, `case-${counter++}`);

function modelOf(options: Partial<NetworkOptions>, bands: number): SegmenterModel {
  const network = createNetwork({
    channels: bands,
    stemChannels: 4,
    blocks: 2,
    heads: { main: 5 },
    seed: 4,
    ...options,
  });
  const [mean, std] = [0.5, 0.2].map((value) => Array.from({ length: bands }, () => value));
  return { network, head: 'main', clusters: 5, statistics: { mean, std }, working: {} };
}

/** The fixture as `readImage` would give it. */
function imageOf(fields: RasterFields): RasterImage {
  const { height, width, bands, nodata } = fields;
  const data = Float32Array.from(rasterBytes(fields), (value) => (value === nodata ? 0 : value / 255));
  return { shape: [height, width, bands], data };
}

/** The whole image at once, with nodata put in. */
async function expectedMask(model: SegmenterModel, fields: RasterFields, view: InferenceView): Promise<number[]> {
  const bytes = rasterBytes(fields);
  const { clusters } = await segmentImage(model, imageOf(fields), view);
  return Array.from(clusters, (cluster, pixel) =>
    fields.nodata !== undefined && bytes[pixel * fields.bands] === fields.nodata ? MASK_NODATA : cluster,
  );
}

/** Of the fixture's raster, by blocks. */
async function maskByBlocks(model: SegmenterModel, fields: RasterFields, choices: Choices): Promise<number[]> {
  const file = `${fresh()}.tif`;
  writeRaster(file, fields);
  return predictedMask(model, file, choices);
}

describe('value', () => {
  it.each([
    ['unmasked', { outputStride: 4 }],
    ['unmasked', { outputStride: 2, normalization: 'batch' }],
    ['average', { outputStride: 4 }],
    ['average', { outputStride: 2, blocks: 1, edges: true }],
    ['unmasked', { outputStride: 4, edges: true }],
    ['average', { outputStride: 2, form: 'centered', blocks: 1 }],
    ['unmasked', { outputStride: 4, dilations: [1, 4] }],
    ['unmasked', { outputStride: 4, contextSize: 7 }],
  ] as const)('tiles give what the whole image gives, pixel by pixel: %s, %o', async (view, options) => {
    // Neither side is a multiple of block or stride.
    const fields: RasterFields = { height: 301, width: 523, bands: 4, nodata: 0 };
    const model = modelOf(options, fields.bands);
    const expected = await expectedMask(model, fields, view);
    expect(new Set(expected).size).toBeGreaterThan(1);
    expect(differing(await maskByBlocks(model, fields, { view, blockSide: 256, of: 3 }), expected)).toBe(0);
    model.network.dispose();
  });

  it.each([
    [16, { outputStride: 4 }],
    [5, { outputStride: 2, blocks: 1 }],
  ] as const)('refined by %i pixels too, %o', async (refine, options) => {
    const fields: RasterFields = { height: 301, width: 523, bands: 3 };
    const unrefined = modelOf(options, fields.bands);
    const model = { ...unrefined, refine };
    const expected = await expectedMask(model, fields, 'unmasked');
    expect(differing(await expectedMask(unrefined, fields, 'unmasked'), expected)).toBeGreaterThan(0);
    expect(differing(await maskByBlocks(model, fields, { view: 'unmasked', blockSide: 256, of: 2 }), expected)).toBe(0);
    model.network.dispose();
  });

  it('sees a raster shrunk by a whole factor, the same for all blocks', async () => {
    const fields: RasterFields = { height: 530, width: 270, bands: 1 };
    const model = modelOf({}, 1);
    const options = { shrink: 3, view: 'unmasked' } as const;
    const whole = await maskByBlocks(model, fields, { ...options, blockSide: 768 });
    expect(differing(await maskByBlocks(model, fields, { ...options, blockSide: 256 }), whole)).toBe(0);
    model.network.dispose();
  });
});

describe('parts', () => {
  const fields: RasterFields = { height: 300, width: 700, bands: 2 };

  it('go on after a kill: half a line and bytes too many are cut off, and the mask is the same', async () => {
    const model = modelOf({}, 2);
    const expected = await expectedMask(model, fields, 'unmasked');
    const file = `${fresh()}.tif`;
    writeRaster(file, fields);
    const parts = `${file}.parts`;
    const part = join(parts, '0-of-1');
    const raster = await openRaster(file);
    const stop = new AbortController();
    const options = { view: 'unmasked', subject: {}, shard: { index: 0, of: 1 }, part, blockSide: 256 } as const;
    const first = await predictRaster(raster, model, {
      ...options,
      signal: stop.signal,
      onProgress: (done) => done === 2 && stop.abort(),
    });
    expect(first.status).toBe('interrupted');
    const done = readPart(part)!.done.length;
    expect(done).toBeGreaterThanOrEqual(2);
    expect(() => mergeRaster({ parts, out: `${file}.out`, geo: {} })).toThrow(
      /\d+ of 6 tiles are missing in .*Run the shards that did not finish once more/,
    );

    truncateSync(`${part}.jsonl`, statSync(`${part}.jsonl`).size - 5);
    expect(readPart(part)!.done).toHaveLength(done - 1);
    const counted: number[] = [];
    await predictRaster(raster, model, { ...options, onProgress: (count) => counted.push(count) });
    expect(counted).toEqual(Array.from({ length: 6 - done + 2 }, (_, i) => done - 1 + i));
    await raster.close();
    mergeRaster({ parts, out: `${file}.out`, geo: {} });
    expect(differing(await readMask(`${file}.out`), expected)).toBe(0);
    model.network.dispose();
  });

  it('of something else are refused', async () => {
    const model = modelOf({}, 2);
    const file = `${fresh()}.tif`;
    writeRaster(file, fields);
    const raster = await openRaster(file);
    const options = { view: 'unmasked', shard: { index: 0, of: 1 }, part: `${file}.parts/a` } as const;
    await predictRaster(raster, model, { ...options, subject: { step: 1 } });
    await expect(predictRaster(raster, model, { ...options, subject: { step: 2 } })).rejects.toThrow(
      'a.jsonl is of step 1, not 2. Give the options it was begun with, or begin anew with --force or another --out.',
    );
    await raster.close();
    model.network.dispose();
  });

  it('keep the tags that say where pixels lie', async () => {
    const model = modelOf({}, 2);
    const work = fresh();
    writeRaster(`${work}.tif`, fields);
    const raster = await openRaster(`${work}.tif`);
    await predictRaster(raster, model, {
      view: 'unmasked',
      subject: {},
      shard: { index: 0, of: 1 },
      part: `${work}.parts/a`,
    });
    await raster.close();
    const { pixels } = mergeRaster({ parts: `${work}.parts`, out: `${work}.out`, geo: raster.geo });
    expect(pixels.reduce((a, b) => a + b)).toBe(fields.height * fields.width);
    const mask = await openRaster(`${work}.out`, { palette: 'indices' });
    expect(mask.geo).toMatchObject(UTM_33);
    await mask.close();
    // Directory first: a reader of the first bytes knows where all tiles are.
    expect(readFileSync(`${work}.out`).subarray(0, 8)).toEqual(Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]));
    model.network.dispose();
  });
});

describe('memory', () => {
  it('leaves no tensor behind', async () => {
    const model = modelOf({}, 1);
    const before = tf.memory().numTensors;
    await maskByBlocks(model, { height: 257, width: 257, bands: 1 }, {});
    expect(tf.memory().numTensors).toBe(before);
    model.network.dispose();
  });
});
