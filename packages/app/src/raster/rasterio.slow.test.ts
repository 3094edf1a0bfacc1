/** What GDAL makes of a mask and of its polygons. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaster } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { succeed } from '../commands/run-command.fixture.js';
import { splitMask } from '../commands/split-mask.fixture.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { writeRaster } from './raster.fixture.js';
import { withRasterio } from './rasterio.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-rasterio-test-'));
beforeAll(() => useEngine('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Polygons are painted back on the raster's grid, and must give the mask. */
const SCRIPT = `
import json, sys
import fiona, numpy as np, rasterio, rasterio.features
from shapely.geometry import shape
raster, mask, geojson, gpkg = sys.argv[1:]
with rasterio.open(raster) as source, rasterio.open(mask) as file:
    band = file.read(1)
    said = dict(
        transform=list(file.transform)[:6], sameTransform=file.transform == source.transform,
        crs=file.crs.to_epsg(), sameCrs=file.crs == source.crs, nodata=file.nodata, size=[file.height, file.width],
        blocks=list(file.block_shapes[0]), tiled=file.profile['tiled'], compression=file.compression.name,
        type=file.dtypes[0], bands=file.count, colour=list(file.colormap(1)[1]),
        counts=np.bincount(band.ravel(), minlength=256).tolist(), sum=int(np.sum(band.astype(np.int64) * (np.arange(band.size).reshape(band.shape) % 8191))))
    for path in (geojson, gpkg):
        with fiona.open(path) as layer:
            features = list(layer)
            shapes = [shape(feature.geometry) for feature in features]
            painted = rasterio.features.rasterize(
                [(s, f.properties['cluster']) for s, f in zip(shapes, features)],
                out_shape=band.shape, transform=file.transform, fill=255, dtype='uint8')
            expected = sum(1 for value in np.unique(band) if value != 255
                for _ in rasterio.features.shapes((band == value).astype('uint8'), mask=band == value, connectivity=4))
            said[path.rsplit('.', 1)[1]] = dict(
                crs=layer.crs.to_epsg(), polygons=len(features), expected=expected, valid=all(s.is_valid for s in shapes),
                differing=int(np.count_nonzero(painted != band)),
                areas=max(abs(s.area - f.properties['area']) for s, f in zip(shapes, features)),
                bounds=list(layer.bounds))
print(json.dumps(said))
`;

describe('GDAL', () => {
  it('reads place, system, nodata, tiles and values of a mask, and its polygons cover it pixel by pixel', async () => {
    const [run, raster] = [join(folder, 'run'), join(folder, 'city.tif')];
    writeSmallRun(run, { channels: 4, prepare: splitMask });
    writeRaster(raster, { height: 700, width: 530, bands: 4, nodata: 0 });
    const predict = ['predict', run, raster, '--engine', 'wasm', '--out'];
    await succeed(...predict, join(folder, 'json'), '--polygons', 'geojson');
    await succeed(...predict, join(folder, 'gpkg'), '--polygons', 'gpkg');
    const mask = join(folder, 'json', 'city.tif');
    const said = withRasterio(SCRIPT, [
      raster,
      mask,
      join(folder, 'json', 'city.geojson'),
      join(folder, 'gpkg', 'city.gpkg'),
    ]);
    const own = await openRaster(mask, { range: [0, 255], palette: 'indices' });
    const { image, valid } = await own.read({ top: 0, left: 0, height: 700, width: 530 });
    await own.close();
    const ids = Array.from(image.data, (value, pixel) => (valid?.[pixel] === 0 ? 255 : Math.round(255 * value)));
    const counts = Array.from({ length: 256 }, () => 0);
    for (const id of ids) counts[id] += 1;
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(2);
    const polygons = { crs: 32_633, valid: true, differing: 0, bounds: [368_000, 5_806_650, 368_265, 5_807_000] };
    expect(said).toMatchObject({
      transform: [0.5, 0, 368_000, 0, -0.5, 5_807_000],
      sameTransform: true,
      crs: 32_633,
      sameCrs: true,
      nodata: 255,
      size: [700, 530],
      blocks: [256, 256],
      tiled: true,
      compression: 'deflate',
      type: 'uint8',
      bands: 1,
      counts,
      sum: ids.reduce((sum, id, place) => sum + id * (place % 8191), 0),
      geojson: polygons,
      gpkg: polygons,
    });
    const { geojson, gpkg } = said as Record<'geojson' | 'gpkg', { polygons: number; expected: number; areas: number }>;
    expect([geojson.polygons, gpkg.polygons]).toEqual([geojson.expected, geojson.expected]);
    expect(Math.max(geojson.areas, gpkg.areas)).toBeLessThan(1e-6);
  });
});
