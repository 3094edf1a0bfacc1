/**
 * Feature maps of a data set's images, from files or from a backbone, and the cache of the latter.
 *
 * A cached map is named by the hash of all that made it: model, options, pixels.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RasterImage, Sample } from '@autoregseg/data';
import { writeFileAtomic } from '../run/atomic-file.js';
import { decodeSafetensors, encodeSafetensors } from '../run/safetensors.js';
import { readFeatureFile } from './feature-files.js';
import type { FeatureSpec, OnnxBackbone } from './feature-spec.js';
import { openBackbone, type Backbone } from './onnx-backbone.js';

/** [h, w, D] of a sample's image. */
export type FeatureSource = (sample: Sample) => Promise<RasterImage>;

export interface FeatureCache {
  /** Maps that a backbone made are looked for here. */
  readonly folder: string;
  /** Whether new ones are put there too. */
  readonly write: boolean;
}

/** The backbone is opened when the first map is asked for that is not in the cache. */
export function featureSource(spec: FeatureSpec, cache: FeatureCache): FeatureSource {
  if (spec.kind === 'files') return async ({ id }) => readFeatureFile(spec.folder, id);
  const origin = originOf(spec);
  let opened: Promise<Backbone> | undefined;
  return async ({ image }) => {
    const file = join(cache.folder, `${keyOf(origin(), image)}.safetensors`);
    if (existsSync(file)) return readCached(file);
    opened ??= openBackbone(spec);
    const map = await (await opened)(image);
    if (cache.write) writeCached(cache.folder, file, map);
    return map;
  };
}

/** All that maps depend on beside the image; the model's file is hashed once. */
function originOf({ model, ...options }: OnnxBackbone): () => string {
  let origin: string | undefined;
  return () => {
    origin ??= JSON.stringify([existsSync(model) ? hash(readFileSync(model)) : model, options]);
    return origin;
  };
}

function keyOf(origin: string, { shape, data }: RasterImage): string {
  return hash(origin, JSON.stringify(shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).slice(
    0,
    32,
  );
}

function hash(...parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
}

function readCached(file: string): RasterImage {
  const { shape, data } = decodeSafetensors(readFileSync(file)).tensors.features;
  return { shape: shape as [number, number, number], data };
}

function writeCached(folder: string, file: string, { shape, data }: RasterImage): void {
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(file, encodeSafetensors({ tensors: { features: { shape, data } }, metadata: {} }));
}
