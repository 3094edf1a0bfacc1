/**
 * Polygons as GeoJSON, a feature a line.
 *
 * [1] RFC 7946, The GeoJSON Format, 2016. [2] The GeoJSON Format Specification, 2008, section 3.
 * Differs from [1]: coordinates stay those of the raster, exactly, and its reference system is named as in [2], which GDAL
 * and QGIS read. [1] wants longitude and latitude, to which no pixel's edge can be taken without rounding.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { PolygonFeature, PolygonFile } from './polygon-feature.js';

/** Characters that are gathered before they are written. */
const CHUNK = 2 ** 20;

/** @param epsg - of the reference system; absent where it has no code */
export function openGeoJson(file: string, { epsg }: { readonly epsg?: number }): PolygonFile {
  const temporary = `${file}.${process.pid}.tmp`;
  const target = openSync(temporary, 'w');
  const crs = epsg && { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${epsg}` } };
  let text = `{"type":"FeatureCollection",${crs ? `"crs":${JSON.stringify(crs)},` : ''}"features":[`;
  let features = 0;
  const flush = () => {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(target, bytes, done);
    text = '';
  };
  return {
    add({ rings, ...properties }: PolygonFeature) {
      const feature = { type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: rings } };
      text += `${features > 0 ? ',' : ''}\n${JSON.stringify(feature)}`;
      features += 1;
      if (text.length > CHUNK) flush();
    },
    finish() {
      text += '\n]}\n';
      flush();
      fsyncSync(target);
      closeSync(target);
      renameSync(temporary, file);
    },
    abandon() {
      closeSync(target);
      rmSync(temporary, { force: true });
    },
  };
}
