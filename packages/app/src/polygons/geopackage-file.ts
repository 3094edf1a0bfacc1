/**
 * Polygons as a GeoPackage: one SQLite file with a layer, which QGIS, GDAL and ArcGIS open.
 *
 * [1] OGC GeoPackage Encoding Standard 1.3.0, sections 1.1 and 2.1. [2] OGC Simple Feature Access 1.2.1, section 8.2 (WKB).
 */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';
import type { Coordinates, PolygonFeature, PolygonFile } from './polygon-feature.js';

export interface GeoPackageOptions {
  /** Name of the layer. */
  readonly layer: string;
  /** Of the reference system; absent where it has no code. */
  readonly epsg?: number;
  readonly geographic: boolean;
}

/** Reference system of plane coordinates of which no more is known [1, table 3]. */
const UNKNOWN_SYSTEM = -1;

export function openGeoPackage(file: string, options: GeoPackageOptions): PolygonFile {
  const { epsg, layer } = options;
  const system = epsg ?? UNKNOWN_SYSTEM;
  const temporary = `${file}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  const database = new sqlite.Database(temporary);
  createTables(database, options);
  database.exec('BEGIN');
  const table = quoted(layer);
  const insert = database.prepare(
    `INSERT INTO ${table} (geom, cluster, name, color, pixels, area) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  const close = () => {
    insert.finalize();
    database.close();
  };
  return {
    add({ rings, cluster, name, color, pixels, area }: PolygonFeature) {
      for (const [x, y] of rings[0]) {
        [bounds[0], bounds[1]] = [Math.min(bounds[0], x), Math.min(bounds[1], y)];
        [bounds[2], bounds[3]] = [Math.max(bounds[2], x), Math.max(bounds[3], y)];
      }
      insert.run([geometryOf(rings, system), cluster, name, color, pixels, area]);
    },
    finish() {
      const [minX, minY, maxX, maxY] = bounds.map((bound) => (Number.isFinite(bound) ? bound : null));
      database.run('INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        layer,
        'features',
        layer,
        '',
        new Date().toISOString(),
        minX,
        minY,
        maxX,
        maxY,
        system,
      ]);
      database.run('INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)', [layer, 'geom', 'POLYGON', system]);
      database.exec('COMMIT');
      close();
      // SQLite on WebAssembly makes files that their owner alone may read.
      chmodSync(temporary, 0o666 & ~process.umask());
      renameSync(temporary, file);
    },
    abandon() {
      close();
      rmSync(temporary, { force: true });
    },
  };
}

function createTables(database: InstanceType<typeof sqlite.Database>, { layer, epsg, geographic }: GeoPackageOptions) {
  // 'GPKG', version 1.3 [1, requirement 2].
  database.exec(`
    PRAGMA application_id = 1196444487;
    PRAGMA user_version = 10300;
    CREATE TABLE gpkg_spatial_ref_sys (
      srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
      organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
    CREATE TABLE gpkg_contents (
      table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
      last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
      min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
      CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
    CREATE TABLE gpkg_geometry_columns (
      table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
      z TINYINT NOT NULL, m TINYINT NOT NULL,
      CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
      CONSTRAINT uk_gc_table_name UNIQUE (table_name),
      CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
      CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
    CREATE TABLE ${quoted(layer)} (
      fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POLYGON,
      cluster INTEGER, name TEXT, color TEXT, pixels INTEGER, area DOUBLE);
  `);
  const systems: [name: string, id: number, organization: string, code: number, definition: string][] = [
    ['Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined'],
    ['Undefined geographic SRS', 0, 'NONE', 0, 'undefined'],
    ['WGS 84 geodetic', 4326, 'EPSG', 4326, WGS_84],
  ];
  // Readers know a system by its code; its definition in words would have to come from a library of all of them.
  if (epsg !== undefined && epsg !== 4326) {
    systems.push([`EPSG:${epsg}${geographic ? ' (geographic)' : ''}`, epsg, 'EPSG', epsg, 'undefined']);
  }
  for (const system of systems) database.run('INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)', system);
}

const WGS_84 =
  'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],' +
  'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]';

/** GeoPackage's header [1, 2.1.3], then the polygon in WKB [2], little-endian, without a bounding box. */
function geometryOf(rings: readonly Coordinates[], system: number): Uint8Array {
  const bytes = new Uint8Array(8 + 9 + rings.reduce((sum, ring) => sum + 4 + 16 * ring.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set([0x47, 0x50, 0, 1]);
  view.setInt32(4, system, true);
  view.setUint8(8, 1);
  view.setUint32(9, 3, true);
  view.setUint32(13, rings.length, true);
  let at = 17;
  for (const ring of rings) {
    view.setUint32(at, ring.length, true);
    at += 4;
    for (const [x, y] of ring) {
      view.setFloat64(at, x, true);
      view.setFloat64(at + 8, y, true);
      at += 16;
    }
  }
  return bytes;
}

/** As a name in SQL. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
