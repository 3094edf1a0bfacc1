/** --json of the commands that take longer than a test of every day may, each in a process of its own, as a shell gets it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { objectIn, SCORES, SLOW_COMMANDS } from './json-commands.fixture.js';
import { TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { spawnCommand } from './spawn-command.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-json-slow-'));
afterAll(() => rmSync(base, { recursive: true }));

interface SlowTrial {
  /** What follows the command's name. */
  readonly words: readonly string[];
  /** Keys that the object has at least. */
  readonly keys: readonly string[];
}

const ENGINE = ['--engine', 'wasm', '--rounds', '1'];
const SMALL = ['--size', '16', '--batch-size', '1', ...ENGINE];
const TIMES = ['benchmark', 'engine', 'medianSeconds', 'imagesPerSecond', 'peakMemoryMb', 'machine'];
const ONE_SEED = [...TINY_MOSAIC, '--score-split', 'test', '--seeds', '1', ...TINY];

const TRIALS: Readonly<Record<(typeof SLOW_COMMANDS)[number], SlowTrial>> = {
  demo: { words: [...TINY, '--out', join(base, 'demo')], keys: [...SCORES, 'report', 'kMeans', 'seconds'] },
  table: {
    words: [...ONE_SEED, '--methods', 'kmeans,ac', '--out', join(base, 'table')],
    keys: ['out', 'finished', 'rows'],
  },
  ablate: {
    words: [...ONE_SEED, '--axes', 'edges', '--out', join(base, 'ablation')],
    keys: ['out', 'finished', 'rows'],
  },
  study: { words: [writeStudy(), '--engine', 'wasm', '--out', join(base, 'study')], keys: ['missing'] },
  'engine status': { words: [], keys: ['engine'] },
  'bench step': { words: SMALL, keys: [...TIMES, 'gflopPerSecond'] },
  'bench contrast': { words: ['--size', '8', '--batch-size', '1', ...ENGINE], keys: [...TIMES, 'infoNce', 'ntXent'] },
  'bench loss': { words: ['--size', '32', '--batch-size', '1', ...ENGINE], keys: [...TIMES, 'speedUp'] },
  'bench attention': { words: SMALL, keys: TIMES },
  'bench predict': { words: SMALL, keys: TIMES },
  'bench operations': { words: SMALL, keys: ['benchmark', 'engine', 'seconds', 'operations', 'machine'] },
  'bench sizes': { words: ['--largest', '64', ...ENGINE], keys: ['benchmark', 'engine', 'rows', 'machine'] },
  'bench evaluation': { words: [], keys: ['benchmark', 'gigapixelSeconds', 'matching27Seconds', 'machine'] },
};

/** The grid of one recipe, one dataset and one seed. @returns its file */
function writeStudy(): string {
  const file = join(base, 'study.json');
  const tiny = { steps: 1, mainHeads: 1, overclusters: 3, network: { stemChannels: 2, blocks: 1 } };
  const mosaic = { dataset: 'mosaic', count: 2, size: [32, 32] };
  writeFileSync(
    file,
    JSON.stringify({
      recipes: { tiny: { ...tiny, crop: [24, 24], batchSize: 2, halfWindow: 1 } },
      datasets: { mosaics: { train: mosaic, test: { ...mosaic, split: 'test' } } },
      seeds: [0],
    }),
  );
  return file;
}

describe('value', () => {
  for (const command of SLOW_COMMANDS) {
    const { words, keys } = TRIALS[command];
    it(`${command}: ${keys.join(', ')}`, async () => {
      const { code, stdout, stderr } = await spawnCommand(...command.split(' '), ...words, '--json').ended;
      expect(code, stderr).toBe(0);
      expect(Object.keys(objectIn(stdout))).toEqual(expect.arrayContaining([...keys]));
    });
  }
});
