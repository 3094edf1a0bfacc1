/**
 * The promise that memory does not grow with the raster, held against the command line itself.
 *
 * AUTOREGSEG_RASTER_SIDE=30000 AUTOREGSEG_SLOW=1 npx vitest run src/raster/memory.slow.test.ts
 * measures the raster of 30,000 x 30,000 x 4 (4 GB of disk, minutes); 4,096 without. AUTOREGSEG_RASTER_NETWORK=default takes
 * the network that `train` makes by default.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaster } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnCommand } from '../commands/spawn-command.fixture.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { writeLargeRaster } from './large-raster.fixture.js';
import { watchMemory } from './process-memory.fixture.js';

const SIDE = Number(process.env.AUTOREGSEG_RASTER_SIDE ?? 4096);
const folder = mkdtempSync(join(process.env.AUTOREGSEG_SCRATCH ?? tmpdir(), 'autoregseg-raster-memory-'));
beforeAll(() => useEngine('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

describe(`a raster of ${SIDE} x ${SIDE} x 4`, () => {
  it(
    'is segmented by a process and its reader within 2 GiB together',
    async () => {
      const raster = join(folder, 'large.tif');
      writeLargeRaster(raster, [SIDE, SIDE]);
      writeSmallRun(join(folder, 'run'), { channels: 4, changes: { network: NETWORK } });
      const started = performance.now();
      const predict = spawnCommand('predict', join(folder, 'run'), raster, '--out', join(folder, 'masks'));
      const memory = watchMemory(predict.process.pid!);
      const { code, stderr } = await predict.ended;
      memory.stop();
      expect(code, stderr).toBe(0);
      const mask = await openRaster(join(folder, 'masks', 'large.tif'), { palette: 'indices' });
      await mask.close();
      expect([mask.height, mask.width]).toEqual([SIDE, SIDE]);
      const seconds = (performance.now() - started) / 1000;
      console.log(
        `${SIDE} x ${SIDE} x 4: ${(memory.peak() / 2 ** 30).toFixed(2)} GiB at most, ${seconds.toFixed(0)} s, ` +
          `${((SIDE * SIDE) / 1e6 / seconds).toFixed(2)} million pixels a second, ` +
          `${(statSync(raster).size / 1e6).toFixed(0)} MB in, ` +
          `${(statSync(join(folder, 'masks', 'large.tif')).size / 1e6).toFixed(0)} MB out`,
      );
      expect(memory.peak()).toBeLessThan(2 * 2 ** 30);
    },
    6 * 3600 * 1000,
  );
});

/** Small, so that reading, writing and memory are measured rather than the network, unless that of training is asked for. */
const NETWORK =
  process.env.AUTOREGSEG_RASTER_NETWORK === 'default' ? {} : ({ stemChannels: 8, outputStride: 4, blocks: 1 } as const);
