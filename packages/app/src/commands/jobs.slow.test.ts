/** The scripts and the manifest of docs/jobs, with the scheduler's variables set: their commands, run. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { useEngine } from '@autoregseg/engine';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HAS_MPI } from '../distributed/mpirun.fixture.js';
import { rasterBytes, writeRaster } from '../raster/raster.fixture.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { succeed } from './run-command.fixture.js';
import { SOURCES } from './spawn-command.fixture.js';
import { splitMask } from './split-mask.fixture.js';

const APP = resolve(import.meta.dirname, '../..');
const JOBS = resolve(APP, '../../docs/jobs');
const data = mkdtempSync(join(tmpdir(), 'autoregseg-jobs-'));
const [run, raster, out] = ['run', 'country.tif', 'masks'].map((name) => join(data, name));
let whole: Buffer;

beforeAll(async () => {
  await useEngine('wasm');
  // The command from the sources, as `autoregseg` on the path.
  const command = join(data, 'bin', 'autoregseg');
  mkdirSync(join(data, 'bin'));
  writeFileSync(command, `#!/bin/sh\ncd '${APP}' && exec '${process.execPath}' ${SOURCES.join(' ')} "$@"\n`);
  chmodSync(command, 0o755);
  writeSmallRun(run, { channels: 4, prepare: splitMask });
  writeRaster(raster, { height: 1100, width: 280, bands: 4, nodata: 0, tileSide: 256 });
  await succeed('predict', run, raster, '--out', join(data, 'whole'));
  whole = readFileSync(join(data, 'whole', 'country.tif'));
});
beforeEach(() => rmSync(out, { recursive: true, force: true }));
afterAll(() => rmSync(data, { recursive: true }));

function execute(words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { status, stderr } = spawnSync(words[0], words.slice(1), {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${join(data, 'bin')}:${process.env.PATH}`,
      RUN: run,
      RASTER: raster,
      OUT: out,
      ...variables,
    },
  });
  expect(status, stderr).toBe(0);
}

const script = (name: string, ...words: readonly string[]) => ['bash', join(JOBS, name), ...words];

function expectWhole(): void {
  expect(readFileSync(join(out, 'country.tif')).equals(whole)).toBe(true);
  expect(existsSync(join(out, 'country.gpkg'))).toBe(true);
}

describe('docs/jobs', () => {
  it('slurm-array.sh and slurm-merge.sh', () => {
    const tasks = /--array=0-(\d+)/.exec(readFileSync(join(JOBS, 'slurm-array.sh'), 'utf8'))!;
    expect(tasks[1]).toBe('15');
    for (const task of [0, 1]) {
      execute(script('slurm-array.sh'), {
        SLURM_ARRAY_TASK_ID: `${task}`,
        SLURM_ARRAY_TASK_MIN: '0',
        SLURM_ARRAY_TASK_COUNT: '2',
      });
    }
    execute(script('slurm-merge.sh'));
    expectWhole();
  });

  it('kubernetes-job.yaml', () => {
    const manifest = readFileSync(join(JOBS, 'kubernetes-job.yaml'), 'utf8');
    const [predict, merge] = [...manifest.matchAll(/command:\s*\[([^\]]*)\]/g)].map(([, list]) =>
      // A list of YAML in brackets, which may end in a comma.
      [...list.replaceAll('/data/', `${data}/`).matchAll(/'([^']*)'/g)].map(([, word]) => word),
    );
    expect(predict.at(-1)).toBe(`auto/${/completions: (\d+)/.exec(manifest)![1]}`);
    // The mask has two blocks: of 16 pods, most have nothing to do.
    for (const pod of [7, 15]) execute(predict, { JOB_COMPLETION_INDEX: `${pod}` });
    execute(merge);
    expectWhole();
  });

  it('one-machine.sh', () => {
    execute(script('one-machine.sh', '2'));
    expectWhole();
  });

  it.skipIf(!HAS_MPI)('slurm-mpi.sh, begun by two processes and gone on with by three', async () => {
    const photos = join(data, 'photos');
    mkdirSync(photos);
    const shape = { height: 40, width: 48, bands: 3 };
    for (const seed of [1, 2, 3]) {
      const raw = { width: shape.width, height: shape.height, channels: 3 } as const;
      await sharp(rasterBytes({ ...shape, seed }), { raw })
        .png()
        .toFile(join(photos, `${seed}.png`));
    }
    const mpi = {
      PHOTOS: photos,
      OUT: join(data, 'trained'),
      OPTIONS: '--engine wasm --batch-size 6 --crop 32 --overclusters 3 --stem-channels 4 --blocks 1 --main-heads 2',
      OMPI_ALLOW_RUN_AS_ROOT: '1',
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
      OMPI_MCA_rmaps_base_oversubscribe: '1',
    };
    execute(script('slurm-mpi.sh'), { ...mpi, SLURM_NTASKS: '2', STEPS: '2' });
    execute(script('slurm-mpi.sh'), { ...mpi, SLURM_NTASKS: '3', STEPS: '4' });
    const metrics = readFileSync(join(data, 'trained', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(metrics.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([1, 2, 3, 4]);
  });
});
