/**
 * The files of one raster's mask in an output folder, and the steps that make them.
 *
 *   ID.tif       cluster ids, tiled and deflated, with the raster's own place on the ground; 255 = no data
 *   ID.qml       QGIS style: colours and names
 *   ID.json      pixels, share and, where pixels have a size, area of each cluster; how it was computed
 *   ID.geojson, ID.gpkg   its regions as polygons with areas, where asked for
 *   ID.parts/    while it is being made: what each process has done
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openRaster, type OpenRasterOptions, type RasterSource } from '@autoregseg/data';
import type { SegmenterModel } from '../inference/segmenter.js';
import { legendEntries } from '../pictures/legend.js';
import { writeFileAtomic } from '../run/atomic-file.js';
import { clusterLabel, type ClusterEdits } from '../run/cluster-edits.js';
import { writePolygons, type PolygonFormat } from '../polygons/write-polygons.js';
import { groundOf } from './ground.js';
import { mergeRaster } from './merge-raster.js';
import type { PlanOptions } from './plan.js';
import { predictRaster, type PredictedPart } from './predict-raster.js';
import { rasterStyle } from './qgis-style.js';
import { WHOLE, type Shard } from './shard.js';

export interface MaskRequest extends PlanOptions {
  readonly raster: RasterSource;
  /** Folder of all masks. */
  readonly out: string;
  /** How samples are read: as in training. */
  readonly reading: OpenRasterOptions;
  readonly edits: ClusterEdits;
  /** Also write its regions as polygons. @defaultValue none */
  readonly polygons?: PolygonFormat;
}

export interface ComputeMaskOptions {
  readonly shard: Shard;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, blocks: number) => void;
}

export function maskPath({ raster, out }: Pick<MaskRequest, 'raster' | 'out'>): string {
  return join(out, `${raster.id}.tif`);
}

/** Computes one shard of the mask; what an earlier process did of it is kept. */
export async function computeMask(
  model: SegmenterModel,
  request: MaskRequest,
  { shard, signal, onProgress }: ComputeMaskOptions,
): Promise<PredictedPart> {
  const { raster: source, view, shrink = 1, reading, edits } = request;
  const raster = await openRaster(source.source, reading);
  try {
    return await predictRaster(raster, model, {
      ...request,
      shard,
      part: join(partsPath(request), `${shard.index}-of-${shard.of}`),
      subject: {
        ...identity(source.source),
        weights: await weightsHash(model),
        head: model.head,
        ...(model.groups && { groups: [...model.groups] }),
        view,
        ...(model.refine !== undefined && { refine: model.refine }),
        shrink,
        reading,
        merged: edits.merged,
      },
      signal,
      onProgress,
    });
  } finally {
    await raster.close();
  }
}

/** Forgets what was done of a mask. */
export function forgetMask(request: MaskRequest): void {
  rmSync(partsPath(request), { recursive: true, force: true });
}

/** One line of ID.json. */
export interface ClusterArea {
  readonly cluster: number;
  readonly color: string;
  readonly pixels: number;
  /** Of the valid pixels, 0..1. */
  readonly share: number;
  /** Square metres; absent where the size of a pixel on the ground is not known. */
  readonly area?: number;
}

/** Puts the parts together: the mask, its style and its table of areas. */
export async function finishMask(request: MaskRequest): Promise<readonly ClusterArea[]> {
  const { raster: source, reading, edits } = request;
  const raster = await openRaster(source.source, reading);
  await raster.close();
  const out = maskPath(request);
  mkdirSync(dirname(out), { recursive: true });
  const { pixels, subject } = mergeRaster({ parts: partsPath(request), out, geo: raster.geo });
  const valid = pixels.reduce((sum, count) => sum + count, 0);
  const ground = groundOf(raster.geo);
  const legend = legendEntries(
    pixels.map((count, id) => ({ id, name: clusterLabel(edits, id), share: count / Math.max(1, valid) })),
  );
  const areas = legend.map(({ cluster, color, share }) => {
    const squareMetres = ground.pixelArea && pixels[cluster] * ground.pixelArea;
    return { cluster, color, pixels: pixels[cluster], share, ...(squareMetres && { area: squareMetres }) };
  });
  const about = { ...subject, source: source.source, validPixels: valid, clusters: areas };
  writeFileAtomic(join(request.out, `${source.id}.qml`), rasterStyle(legend));
  writeFileAtomic(join(request.out, `${source.id}.json`), `${JSON.stringify(about, null, 2)}\n`);
  if (request.polygons) {
    await writePolygons(out, join(request.out, `${source.id}.${request.polygons}`), {
      format: request.polygons,
      layer: source.id.split('/').at(-1)!,
      looks: legend.map(({ cluster, name, color }) => ({ name: name ?? String(cluster), color })),
    });
  }
  return areas;
}

/** Computes and finishes in one process. @returns undefined when it was interrupted */
export async function makeMask(
  model: SegmenterModel,
  request: MaskRequest,
  options: Omit<ComputeMaskOptions, 'shard'>,
): Promise<readonly ClusterArea[] | undefined> {
  const { status } = await computeMask(model, request, { ...options, shard: WHOLE });
  return status === 'finished' ? finishMask(request) : undefined;
}

function partsPath({ raster, out }: MaskRequest): string {
  return join(out, `${raster.id}.parts`);
}

/** Enough to notice that a file was replaced; machines may see it under other paths. */
function identity(source: string): { readonly raster: string; readonly bytes?: number } {
  const name = source.split(/[\\/]/).at(-1)!;
  return existsSync(source) ? { raster: name, bytes: statSync(source).size } : { raster: source };
}

async function weightsHash({ network }: SegmenterModel): Promise<string> {
  await network.fetch();
  const hash = createHash('sha256');
  for (const [name, { data }] of Object.entries(network.save().weights)) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
