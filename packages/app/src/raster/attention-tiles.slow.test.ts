/**
 * How far blocks and the whole raster differ under attention, whose reach is the whole map: a network trained on the raster, its
 * mask by blocks of 256 pixels and in one block.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEngine } from '@autoregseg/engine';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeed } from '../commands/run-command.fixture.js';
import { loadRun } from '../inference/model.js';
import { differing, predictedMask } from './predicted-mask.fixture.js';
import { writeRaster } from './raster.fixture.js';

const SIDE = 512;
const folder = mkdtempSync(join(tmpdir(), 'autoregseg-attention-tiles-'));
beforeAll(() => useEngine());
afterAll(() => rmSync(folder, { recursive: true }));

it('changes few pixels of a mask by blocks', async () => {
  const [rasters, run] = [join(folder, 'rasters'), join(folder, 'run')];
  mkdirSync(rasters);
  const raster = join(rasters, 'city.tif');
  writeRaster(raster, { height: SIDE, width: SIDE, bands: 3 });
  const network = ['--attention', '1', '--stem-channels', '16', '--output-stride', '4', '--steps', '100'];
  const data = ['--dataset', 'folder', '--images', rasters, '--clusters', '4', '--crop', '128', '--batch-size', '4'];
  await succeed('train', ...data, ...network, '--out', run);
  const { model } = loadRun(run, () => {});
  for (const view of ['unmasked', 'average'] as const) {
    const whole = await predictedMask(model, raster, { view, blockSide: SIDE });
    const blocks = await predictedMask(model, raster, { view, blockSide: SIDE / 2 });
    const share = differing(blocks, whole) / SIDE ** 2;
    console.log(`${view}: ${new Set(whole).size} clusters, ${(100 * share).toFixed(2)} % of the pixels differ`);
    expect(new Set(whole).size).toBeGreaterThan(1);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(0.05);
  }
  model.network.dispose();
}, 600_000);
