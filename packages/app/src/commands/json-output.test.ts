/** --json: one JSON object on stdout, and nothing else there, from every command that has it. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCocoStuff, writePotsdam } from './benchmark-releases.fixture.js';
import {
  commandsWithJson,
  objectFrom,
  objectIn,
  QUICK_COMMANDS,
  SCORES,
  SLOW_COMMANDS,
  type JsonTrial,
} from './json-commands.fixture.js';
import { runCommand, succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { writeImages } from './small-images.fixture.js';
import { spawnCommand } from './spawn-command.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-json-'));
const [run, images] = ['run', 'images'].map((name) => join(base, name));
let written = 0;
const fresh = () => join(base, `out${written++}`);
beforeAll(async () => {
  await writeImages(images, 2);
  await succeed('train', ...TINY_MOSAIC, ...TINY, '--out', run);
});
afterAll(() => rmSync(base, { recursive: true }));

/** A trial of a command by the words that follow its name: the object has at least these keys. */
function hasKeys(command: string, words: readonly string[], keys: readonly string[]): JsonTrial {
  return {
    says: keys.join(', '),
    async holds() {
      const said = await objectFrom(...command.split(' '), ...words);
      expect(Object.keys(said)).toEqual(expect.arrayContaining([...keys]));
    },
  };
}

const TRIALS: Readonly<Record<(typeof QUICK_COMMANDS)[number], JsonTrial>> = {
  train: {
    says: 'the run, its report and its manifest',
    async holds() {
      const out = fresh();
      const said = await objectFrom('train', ...TINY_MOSAIC, ...TINY, '--out', out);
      expect(said).toMatchObject({ run: out, report: join(out, 'report.html'), status: 'finished', step: 2 });
    },
  },
  segment: {
    says: 'the folder, and how many images became masks',
    async holds() {
      const out = fresh();
      const said = await objectFrom('segment', images, '-k', '2', '--out', out, ...TINY);
      expect(said).toMatchObject({ out, images: 2, skipped: 0, status: 'finished' });
      expect(readdirSync(join(out, 'masks'))).toEqual(['a.png', 'b.png']);
    },
  },
  predict: {
    says: 'the folder, and how many images became masks',
    async holds() {
      const out = fresh();
      expect(await objectFrom('predict', run, images, '--out', out)).toMatchObject({ out, images: 2, skipped: 0 });
    },
  },
  evaluate: {
    says: 'the protocol, and shares from 0 to 1',
    async holds() {
      const said = await objectFrom('evaluate', run, ...TINY_MOSAIC);
      expect(Object.keys(said)).toEqual(expect.arrayContaining(SCORES));
      expect(said.pixelAccuracy).toBeGreaterThan(0);
      expect(said.pixelAccuracy).toBeLessThanOrEqual(1);
      expect(said.pixels).toBe(3 * 32 * 32);
    },
  },
  probe: hasKeys('probe', [run, ...TINY_MOSAIC, '--kind', 'linear', '--steps', '2', '--engine', 'wasm'], SCORES),
  'baseline kmeans': hasKeys('baseline kmeans', [...TINY_MOSAIC, '--engine', 'wasm'], SCORES),
  'baseline sift': hasKeys('baseline sift', [...TINY_MOSAIC, '--engine', 'wasm'], SCORES),
  'baseline random-cnn': hasKeys('baseline random-cnn', [...TINY_MOSAIC, '--engine', 'wasm'], SCORES),
  'baseline iic': hasKeys('baseline iic', [...TINY_MOSAIC, ...TINY], SCORES),
  report: {
    says: 'where it is',
    async holds() {
      expect(await objectFrom('report', run)).toMatchObject({ report: join(run, 'report.html') });
    },
  },
  export: {
    says: 'the model and its files',
    async holds() {
      const out = fresh();
      const said = await objectFrom('export', run, '--format', 'safetensors', '--out', out, '--engine', 'wasm');
      expect(said).toMatchObject({ format: 'safetensors', model: join(out, 'model.safetensors') });
    },
  },
  import: {
    says: 'the run that a model becomes',
    async holds() {
      const [out, back] = [fresh(), fresh()];
      await succeed('export', run, '--format', 'safetensors', '--out', out, '--engine', 'wasm');
      const said = await objectFrom('import', join(out, 'model.safetensors'), '--out', back, '--engine', 'wasm');
      expect(said).toEqual({ run: back, clusters: 3, bands: 3, step: 2 });
    },
  },
  tree: {
    says: 'the clusters; and back',
    async holds() {
      const copy = fresh();
      cpSync(run, copy, { recursive: true });
      expect(await objectFrom('tree', copy, '-k', '2', '--engine', 'wasm')).toMatchObject({ run: copy, clusters: 2 });
      expect(await objectFrom('tree', copy, '--reset', '--engine', 'wasm')).toEqual({ run: copy, clusters: 3 });
    },
  },
  plan: {
    says: 'steps, seconds and memory',
    async holds() {
      const said = await objectFrom('plan', ...TINY_MOSAIC, ...TINY);
      expect(said).toMatchObject({ steps: 2, batchSize: 2, seeds: 1, secondsPerStep: expect.any(Number) });
      type Plan = Record<'startSeconds' | 'dataSeconds' | 'secondsPerStep' | 'seconds', number>;
      const three = (await objectFrom('plan', ...TINY_MOSAIC, ...TINY, '--seeds', '3')) as unknown as Plan;
      const one = three.startSeconds + 2 * three.secondsPerStep + three.dataSeconds;
      expect(three.seconds).toBeCloseTo(3 * one, 6);
    },
  },
  'prepare potsdam': {
    says: 'the folder, and how many crops are in which list',
    async holds() {
      const [raw, out] = [fresh(), fresh()];
      await writePotsdam(raw);
      const said = await objectFrom('prepare', 'potsdam', raw, '--out', out, '--crop', '64', '--workers', '1');
      expect(said).toMatchObject({ out, finished: true, tiles: 3, lists: expect.any(Object) });
    },
  },
  'prepare coco-stuff': {
    says: 'the folder, and how many images are in it',
    async holds() {
      const [raw, out] = [fresh(), fresh()];
      await writeCocoStuff(raw);
      const said = await objectFrom('prepare', 'coco-stuff', raw, '--out', out, '--workers', '1');
      expect(said).toMatchObject({ out, finished: true, images: 3 });
    },
  },
  'data check': hasKeys('data check', ['--dataset', 'mosaic', '--count', '2', '--size', '32'], ['ok']),
  'orderings list': hasKeys('orderings list', [], ['orderings']),
  'orderings show': hasKeys('orderings show', ['hilbert', '--size', '4x4'], ['turns']),
  'orderings overlap': hasKeys('orderings overlap', ['top-left-row', 'hilbert', '--size', '4x4'], ['first']),
  presets: hasKeys('presets', [], ['default']),
  view: {
    says: 'the address, at once, and nothing more until Ctrl-C',
    async holds() {
      const running = spawnCommand('view', run, '--engine', 'wasm', '--json');
      await running.said('Ctrl-C ends it');
      running.process.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).toBe(0);
      expect(objectIn(stdout)).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//) });
    },
  },
};

describe('value', () => {
  for (const command of QUICK_COMMANDS) {
    const { says, holds } = TRIALS[command];
    it(`${command}: ${says}`, () => expect(holds()).resolves.toBeUndefined());
  }

  it('every command of the program that has --json is tried, here or by the slow test', () => {
    expect([...QUICK_COMMANDS, ...SLOW_COMMANDS].toSorted()).toEqual(commandsWithJson().toSorted());
  });
});

describe('error', () => {
  it('leaves stdout empty, and stderr with one line that begins with error', async () => {
    const { code, stdout, stderr } = await runCommand('report', images, '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
  });
});
