import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import protobuf from 'protobufjs/light.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRun } from '../inference/model.js';
import { writeClusterEdits } from '../run/cluster-edits.js';
import { decodeSafetensors } from '../run/safetensors.js';
import { SMALL_RUN_STATISTICS, writeSmallRun } from '../run/small-run.fixture.js';
import { EXPORT_FORMATS, exportRun, type ExportFormat, type WrittenExport } from './export-run.js';
import type { TrainConfig } from '../training/config.js';
import type { ModelCard } from './model-card.js';
import { disturb, expectedOutputs } from './random-network.fixture.js';

let folder: string;
let run: string;
let config: TrainConfig;
let written: Record<ExportFormat, WrittenExport>;
beforeAll(async () => {
  await useTestEngine();
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-export-'));
  run = join(folder, 'run');
  ({ config } = writeSmallRun(run, { prepare: disturb }));
  writeClusterEdits(run, { names: { 0: 'sky' }, merged: { 2: 1 } }, 3);
  written = Object.fromEntries(
    EXPORT_FORMATS.map((format) => [
      format,
      exportRun(run, { format, out: join(folder, format), licence: 'CC-BY-4.0' }),
    ]),
  ) as typeof written;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('card', () => {
  const expectWhole = (card: ModelCard) => {
    expect(card.clusters).toEqual([
      { id: 0, name: 'sky' },
      { id: 1, name: 'cluster 1' },
      { id: 2, name: 'cluster 2', mergedInto: 1 },
    ]);
    expect(card.input).toEqual({
      range: '0..1',
      bands: 3,
      statistics: SMALL_RUN_STATISTICS,
      normalisation: 'inside the model: (x - mean) / std of each band',
      working: { size: [32, 40] },
    });
    expect(card.licence).toBe('CC-BY-4.0');
    expect(card.method).toContain('trained without labels');
    expect(card.head).toEqual({
      name: 'main1',
      chosenBy: 'where two orderings agree most beyond chance, without labels',
    });
    expect(card.training).toEqual({
      images: 3,
      dataset: expect.stringContaining('mosaic') as string,
      steps: 7,
      seconds: 12,
      seed: 0,
      engine: 'none',
      command: 'autoregseg train --dataset mosaic',
      startedAt: '2026-01-01T00:00:00.000Z',
      configuration: JSON.parse(JSON.stringify(config)) as object,
    });
  };

  it('names the bands and statistics of images that are not RGB, and says that no licence was stated', () => {
    const many = join(folder, 'five-bands');
    const { statistics } = writeSmallRun(many, { channels: 5 });
    const { model } = exportRun(many, { format: 'onnx', out: join(folder, 'five-bands-onnx') });
    const card = JSON.parse(onnxFields(readFileSync(model)).metadata.card) as ModelCard;
    expect(card.input).toMatchObject({ bands: 5, statistics });
    expect(card.input.statistics.mean).toHaveLength(5);
    expect(card.licence).toMatch(/^not stated/);
  });

  it.each(EXPORT_FORMATS)('lies beside the %s model', (format) => {
    expectWhole(JSON.parse(readFileSync(join(folder, format, 'card.json'), 'utf8')));
  });

  it('is in the metadata of model.json', () => {
    expectWhole(JSON.parse(readFileSync(written.tfjs.model, 'utf8')).userDefinedMetadata.card);
  });

  it('is in the metadata of the safetensors file', () => {
    expectWhole(JSON.parse(decodeSafetensors(readFileSync(written.safetensors.model)).metadata.card));
  });

  it('is in the metadata of the ONNX file, beside labels and licence for those who read no more', () => {
    const { metadata } = onnxFields(readFileSync(written.onnx.model));
    const card = JSON.parse(metadata.card) as ModelCard;
    expectWhole(card);
    expect(JSON.parse(metadata.labels)).toEqual(card.clusters);
    expect(metadata.licence).toBe('CC-BY-4.0');
  });
});

describe('overclusters merged', () => {
  it('are said in the card, and are the clusters of the model', async () => {
    const merged = join(folder, 'merged');
    writeSmallRun(merged, { merged: { clusters: 2, of: [1, 0, 1, 1] } });
    const { model, card } = exportRun(merged, { format: 'onnx', out: join(folder, 'merged-onnx') });
    expect(card.head).toMatchObject({ name: 'over', groups: [1, 0, 1, 1] });
    expect(card.clusters.map(({ id }) => id)).toEqual([0, 1]);
    const session = await InferenceSession.create(readFileSync(model), { logSeverityLevel: 3 });
    const channels = session.outputMetadata.map((value) => value.isTensor && value.shape[1]);
    expect(channels).toEqual([2, 2]);
  });
});

describe('onnx', () => {
  it('is of opset 17, and leaves batch, height and width open', async () => {
    const bytes = readFileSync(written.onnx.model);
    expect(onnxFields(bytes).opset).toBeGreaterThanOrEqual(17);
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const shapes = (values: readonly InferenceSession.ValueMetadata[]) =>
      values.map((value) => [value.name, value.isTensor ? value.shape : undefined]);
    const open = expect.any(String);
    expect(shapes(session.inputMetadata)).toEqual([['image', [open, 3, open, open]]]);
    expect(shapes(session.outputMetadata)).toEqual([
      ['logits', [open, 3, open, open]],
      ['probabilities', [open, 3, open, open]],
    ]);
  });
});

describe('tfjs', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      const file = join(folder, 'tfjs', url!.slice(1));
      if (existsSync(file)) createReadStream(file).pipe(response);
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  it('loads over HTTP in a process that has stock TensorFlow.js and nothing of ours', async () => {
    const { port } = server.address() as AddressInfo;
    const script = `
      import * as tf from '@tensorflow/tfjs';
      await tf.setBackend('cpu');
      const model = await tf.loadGraphModel('http://127.0.0.1:${port}/model.json');
      const image = tf.randomUniform([1, 21, 30, 3], 0, 1, 'float32', 5);
      const { logits, probabilities } = model.predict({ image });
      console.log(JSON.stringify({ logits: [...logits.dataSync()], probabilities: [...probabilities.dataSync()] }));`;
    const outputs = JSON.parse(await output(script)) as Record<'logits' | 'probabilities', number[]>;
    const { model } = loadRun(run);
    const image = tf.randomUniform([1, 21, 30, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
    const expected = expectedOutputs(model.network, 'main1', image);
    for (const name of ['logits', 'probabilities'] as const) {
      const worst = Math.max(...expected[name].dataSync().map((value, i) => Math.abs(value - outputs[name][i])));
      expect(outputs[name]).toHaveLength(21 * 30 * 3);
      expect(worst).toBeLessThan(1e-4);
    }
    model.network.dispose();
  });

  it('makes masks by the lines of docs/export.md as they stand', async () => {
    const { port } = server.address() as AddressInfo;
    const guide = readFileSync(new URL('../../../../docs/export.md', import.meta.url), 'utf8');
    const [, lines] = /```js\n(.*?)```/s.exec(guide)!;
    const script = `
      import * as tf from '@tensorflow/tfjs';
      await tf.setBackend('cpu');
      const picture = { data: new Uint8Array(21 * 30 * 4).fill(90), height: 21, width: 30 };
      ${lines.replace('/model/model.json', `http://127.0.0.1:${port}/model.json`)}
      console.log(JSON.stringify({ shape: mask.shape, clusters: Object.keys(model.metadata.card.clusters).length }));`;
    expect(JSON.parse(await output(script))).toEqual({ shape: [1, 21, 30], clusters: 3 });
  });
});

describe('error', () => {
  it('refuses a folder that is not empty', () => {
    expect(() => exportRun(run, { format: 'onnx', out: run })).toThrow(
      `--out ${run} is not empty. Name another folder, or add --force to replace it.`,
    );
  });

  it('keeps a run that it is forced to write into', () => {
    exportRun(run, { format: 'onnx', out: run, force: true });
    expect(existsSync(join(run, 'model.onnx'))).toBe(true);
    expect(loadRunStep()).toBe(7);
  });

  const loadRunStep = () => {
    const { model, step } = loadRun(run);
    model.network.dispose();
    return step;
  };
});

/** The fields of a ModelProto that no runtime for Node gives: 8 opset_import, 14 metadata_props. */
function onnxFields(bytes: Uint8Array): { readonly opset: number; readonly metadata: Record<string, string> } {
  const metadata: Record<string, string> = {};
  let opset = 0;
  const message = (reader: protobuf.Reader, read: (field: number) => boolean, end = reader.len) => {
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (!read(tag >>> 3)) reader.skipType(tag & 7);
    }
  };
  const reader = protobuf.Reader.create(bytes);
  message(reader, (field) => {
    if (field !== 8 && field !== 14) return false;
    const pair = { key: '', value: '' };
    const end = reader.uint32() + reader.pos;
    message(
      reader,
      (part) => {
        if (field === 8 && part === 2) opset = Number(reader.int64());
        else if (field === 14 && part === 1) pair.key = reader.string();
        else if (field === 14 && part === 2) pair.value = reader.string();
        else return false;
        return true;
      },
      end,
    );
    if (field === 14) metadata[pair.key] = pair.value;
    return true;
  });
  return { opset, metadata };
}

/** What a script of its own process prints; resolved from this folder's node_modules. */
async function output(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
