/**
 * The regions of a raster's mask as polygons with areas.
 *
 * The mask is read by strips of rows, and polygons are written as they end: memory is that of a strip and of the outlines
 * of regions that are not ended yet.
 */
import { openRaster } from '@autoregseg/data';
import { groundOf } from '../raster/ground.js';
import { MASK_NODATA } from '../raster/mask-tiles.js';
import { TILE_SIDE } from '../raster/plan.js';
import { openGeoJson } from './geojson-file.js';
import { openGeoPackage } from './geopackage-file.js';
import { featureOf, type ClusterLook, type PolygonFile } from './polygon-feature.js';
import { RegionTracer, type Region } from './region-tracer.js';

export const POLYGON_FORMATS = ['geojson', 'gpkg'] as const;
export type PolygonFormat = (typeof POLYGON_FORMATS)[number];

export interface WritePolygonsOptions {
  readonly format: PolygonFormat;
  /** Name of a GeoPackage's layer. */
  readonly layer: string;
  /** Of each cluster. */
  readonly looks: readonly ClusterLook[];
}

/**
 * @param mask - a GeoTIFF of cluster ids as `predict` writes it
 * @returns how many polygons were written
 */
export async function writePolygons(
  mask: string,
  file: string,
  { format, layer, looks }: WritePolygonsOptions,
): Promise<number> {
  const raster = await openRaster(mask, { range: [0, 255], palette: 'indices' });
  try {
    const ground = groundOf(raster.geo);
    const target = format === 'geojson' ? openGeoJson(file, ground) : openGeoPackage(file, { layer, ...ground });
    return await finished(target, async () => {
      let polygons = 0;
      const write = (regions: readonly Region[]) => {
        for (const region of regions) target.add(featureOf(region, ground, looks));
        polygons += regions.length;
      };
      const tracer = new RegionTracer(raster.width, MASK_NODATA);
      for (let top = 0; top < raster.height; top += TILE_SIDE) {
        const height = Math.min(TILE_SIDE, raster.height - top);
        const { image, valid } = await raster.read({ top, left: 0, height, width: raster.width });
        const ids = Uint8Array.from(image.data, (value, pixel) =>
          valid?.[pixel] === 0 ? MASK_NODATA : Math.round(255 * value),
        );
        for (let row = 0; row < height; row++) {
          write(tracer.next(ids.subarray(row * raster.width, (row + 1) * raster.width)));
        }
      }
      write(tracer.end());
      return polygons;
    });
  } finally {
    await raster.close();
  }
}

async function finished<T>(target: PolygonFile, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    target.finish();
    return result;
  } catch (error) {
    target.abandon();
    throw error;
  }
}
