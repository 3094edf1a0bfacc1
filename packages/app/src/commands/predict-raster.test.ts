/** Rasters through the command line: shards as schedulers number them, their merge, and polygons. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEngine } from '@autoregseg/engine';
import { openRaster } from '@autoregseg/data';
import sqlite from 'node-sqlite3-wasm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeRaster } from '../raster/raster.fixture.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { runCommand, succeed } from './run-command.fixture.js';
import { splitMask } from './split-mask.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-predict-shards-'));
const run = join(folder, 'run');
const raster = join(folder, 'city.tif');
/** Two blocks: 1024 rows and the rest. */
const FIELDS = { height: 1100, width: 280, bands: 4, nodata: 0 };

beforeAll(async () => {
  await useEngine('wasm');
  writeSmallRun(run, { channels: 4, prepare: splitMask });
  writeRaster(raster, { ...FIELDS, tileSide: 256 });
  await succeed(...predict('whole', '--polygons', 'geojson'));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

const predict = (out: string, ...words: readonly string[]) => [
  'predict',
  run,
  raster,
  '--engine',
  'wasm',
  '--out',
  join(folder, out),
  ...words,
];

async function maskOf(out: string): Promise<Buffer> {
  const mask = await openRaster(join(folder, out, 'city.tif'), { range: [0, 255], palette: 'indices' });
  const { image, valid } = await mask.read({ top: 0, left: 0, height: mask.height, width: mask.width });
  await mask.close();
  return Buffer.from(image.data.map((value, pixel) => (valid?.[pixel] === 0 ? 255 : Math.round(255 * value))));
}

interface Feature {
  readonly properties: { cluster: number; name: string; color: string; pixels: number; area: number };
  readonly geometry: { type: string; coordinates: [number, number][][] };
}

/** The GeoPackage of the merged mask beside the GeoJSON of the whole one. */
function expectSamePolygons(out: string): void {
  const database = new sqlite.Database(join(folder, out, 'city.gpkg'), { readOnly: true });
  const rows = database.all('SELECT cluster, name, color, pixels, area FROM city');
  const [geometry] = database.all('SELECT geom FROM city LIMIT 1') as [{ geom: Uint8Array }];
  const [contents] = database.all('SELECT * FROM gpkg_contents');
  database.close();
  const { features } = JSON.parse(readFileSync(join(folder, 'whole', 'city.geojson'), 'utf8')) as {
    features: Feature[];
  };
  expect(rows).toEqual(features.map(({ properties }) => properties));
  expect(contents).toMatchObject({
    table_name: 'city',
    data_type: 'features',
    min_x: 368_000,
    max_x: 368_140,
    min_y: 5_806_450,
    max_y: 5_807_000,
    srs_id: 32_633,
  });
  const view = new DataView(geometry.geom.buffer, geometry.geom.byteOffset);
  expect(Buffer.from(geometry.geom.subarray(0, 2)).toString()).toBe('GP');
  expect(view.getInt32(4, true)).toBe(32_633);
  const [first] = features[0].geometry.coordinates[0];
  expect([view.getFloat64(21, true), view.getFloat64(29, true)]).toEqual(first);
}

describe('shards', () => {
  it.each([
    [
      'a Slurm array',
      'auto',
      (task: number) => ({
        SLURM_ARRAY_TASK_ID: `${task + 1}`,
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_COUNT: '2',
      }),
    ],
    ['an indexed job of Kubernetes', 'auto/2', (task: number) => ({ JOB_COMPLETION_INDEX: `${task}` })],
  ])('of %s are parts of one mask', async (name, shard, variables) => {
    const out = `shards of ${name}`;
    const doShard = async (task: number) => {
      for (const [variable, value] of Object.entries(variables(task))) vi.stubEnv(variable, value);
      const { stdout } = await succeed(...predict(out, '--shard', shard));
      expect(stdout).toContain(`shard ${task} of 2 of 1 masks of rasters written to`);
      expect(existsSync(join(folder, out, 'city.tif'))).toBe(false);
    };
    await doShard(1);
    const early = await runCommand(...predict(out, '--merge'));
    expect(early.code).toBe(1);
    expect(early.stderr).toMatch(/tiles are missing in .*Run the shards that did not finish once more/);
    await doShard(0);
    await succeed(...predict(out, '--merge', '--polygons', 'gpkg'));
    expect((await maskOf(out)).equals(await maskOf('whole'))).toBe(true);
    expectSamePolygons(out);
  });
});

describe('polygons', () => {
  it('as GeoJSON have the areas of the table, in the reference system of the raster', async () => {
    const { crs, features } = JSON.parse(readFileSync(join(folder, 'whole', 'city.geojson'), 'utf8')) as {
      crs: object;
      features: Feature[];
    };
    expect(crs).toEqual({ type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } });
    const table = JSON.parse(readFileSync(join(folder, 'whole', 'city.json'), 'utf8')) as {
      clusters: { cluster: number; color: string; pixels: number; area?: number }[];
    };
    const used = table.clusters.filter(({ pixels }) => pixels > 0);
    expect(used.length).toBeGreaterThan(1);
    for (const { cluster, color, pixels, area } of used) {
      const own = features.filter(({ properties }) => properties.cluster === cluster);
      expect(own.reduce((sum, { properties }) => sum + properties.pixels, 0)).toBe(pixels);
      expect(own.reduce((sum, { properties }) => sum + properties.area, 0)).toBeCloseTo(area!, 6);
      expect(own[0].properties).toMatchObject({ color, name: String(cluster) });
    }
    for (const { properties, geometry } of features) {
      // Outlines are counter-clockwise, holes clockwise: the sum of signed areas is the region's.
      const signed = geometry.coordinates.map(shoelace);
      expect(signed.reduce((sum, area) => sum + area, 0)).toBeCloseTo(properties.area, 6);
      expect([signed[0] > 0, signed.slice(1).every((area) => area < 0)]).toEqual([true, true]);
    }
  });

  it('want a raster', async () => {
    const { code, stderr } = await runCommand(
      'predict',
      run,
      join(import.meta.dirname, '../../../data/assets/brick.png'),
      '--out',
      join(folder, 'none'),
      '--polygons',
      'gpkg',
    );
    expect([code, stderr]).toEqual([
      2,
      'error: --polygons: none of these is a raster; polygons need a place on the ground.\n',
    ]);
  });

  function shoelace(ring: [number, number][]): number {
    const [left, top] = ring[0];
    return ring.slice(1).reduce((sum, [x, y], i) => {
      const [a, b] = ring[i];
      return sum + ((a - left) * (y - top) - (x - left) * (b - top)) / 2;
    }, 0);
  }
});
