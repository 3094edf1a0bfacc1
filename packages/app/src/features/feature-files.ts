/** Feature maps on disk, one file an image: <folder>/<id>.npy or .safetensors. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RasterImage } from '@autoregseg/data';
import { UserError } from '../errors.js';
import { decodeSafetensors } from '../run/safetensors.js';
import { featureMap, type FeatureArray } from './feature-layout.js';
import { decodeNumpy } from './numpy-file.js';

/**
 * The map of one image: [h, w, D], as written. [1, h, w, D] does too; tokens and [D, h, w] are for whoever wrote them to
 * rearrange, since a file does not say what the backbone saw.
 *
 * @throws UserError when there is no file, or none that holds one map
 */
export function readFeatureFile(folder: string, id: string): RasterImage {
  const file = ['.npy', '.safetensors'].map((extension) => join(folder, id + extension)).find(existsSync);
  if (file === undefined) {
    throw new UserError(
      `${join(folder, id)}: neither .npy nor .safetensors is there. Each image needs its map [h, w, D].`,
    );
  }
  try {
    return finite(featureMap(readArray(file), 'nhwc', [0, 0]));
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message}`);
  }
}

/** Half precision ends at 65504: what a backbone gave beyond it was stored as infinity. */
function finite(map: RasterImage): RasterImage {
  const fault = map.data.findIndex((value) => !Number.isFinite(value));
  if (fault < 0) return map;
  throw new UserError(`a map of finite numbers is needed, got ${map.data[fault]} at value ${fault}`);
}

function readArray(file: string): FeatureArray {
  const bytes = readFileSync(file);
  if (file.endsWith('.npy')) return decodeNumpy(bytes);
  const tensors = Object.values(decodeSafetensors(bytes).tensors);
  if (tensors.length !== 1) throw new UserError(`one tensor is needed, got ${tensors.length}`);
  return tensors[0];
}
