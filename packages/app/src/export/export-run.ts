/**
 * A run's network written for other programs: TensorFlow.js, PyTorch (safetensors) and ONNX.
 *
 * Every format carries the same card (model-card.ts), inside its own file and beside it as card.json.
 */
import { join } from 'node:path';
import { version } from '../../package.json';
import { readAsset } from '../assets.js';
import { loadRun, type LoadedRun } from '../inference/model.js';
import { writeFileAtomic } from '../run/atomic-file.js';
import { readClusterEdits } from '../run/cluster-edits.js';
import { prepareOutputFolder, readRunFile } from '../run/run-folder.js';
import type { RunManifest } from '../run/run-manifest.js';
import { inferenceGraph } from './inference-graph.js';
import { modelCard, type ModelCard } from './model-card.js';
import { encodeOnnx } from './onnx-file.js';
import { onnxGraph } from './onnx-graph.js';
import { portableRun } from './portable-run.js';
import { tfjsModel } from './tfjs-graph.js';

export const EXPORT_FORMATS = ['tfjs', 'safetensors', 'onnx'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Folder for the files; made, and refused when it is not empty. */
  readonly out: string;
  /** Write into a folder that is not empty. @defaultValue false */
  readonly force?: boolean;
  /** Terms of use, such as an SPDX identifier; the card says that none were stated unless given. */
  readonly licence?: string;
  readonly onWarning?: (message: string) => void;
}

export interface WrittenExport {
  /** Path of the file that another program opens. */
  readonly model: string;
  /** All files, relative to the folder. */
  readonly files: readonly string[];
  readonly card: ModelCard;
}

/**
 * Writes the network of a run's newest checkpoint.
 *
 * @throws UserError when the folder is no run, holds no checkpoint, or `out` can't be used
 */
export function exportRun(path: string, options: ExportOptions): WrittenExport {
  const { format, out, force, licence, onWarning } = options;
  const loaded = loadRun(path, onWarning);
  try {
    const manifest = readRunFile<RunManifest>(path, 'manifest.json');
    const edits = readClusterEdits(path, loaded.model.clusters);
    const card = modelCard(loaded, { manifest, edits, licence });
    const files: Record<string, Uint8Array | string> = {
      ...WRITERS[format](loaded, { manifest, edits, card }),
      'card.json': `${JSON.stringify(card, null, 2)}\n`,
    };
    // Somebody may export into a run.
    prepareOutputFolder(out, { force, replace: false });
    for (const [name, content] of Object.entries(files)) writeFileAtomic(join(out, name), content);
    return { model: join(out, MODEL_FILES[format]), files: Object.keys(files), card };
  } finally {
    loaded.model.network.dispose();
  }
}

const MODEL_FILES: Readonly<Record<ExportFormat, string>> = {
  tfjs: 'model.json',
  safetensors: 'model.safetensors',
  onnx: 'model.onnx',
};

/** Runs model.safetensors in PyTorch. */
const LOADER = 'load_autoregseg.py';

type Files = Record<string, Uint8Array | string>;

interface About {
  readonly manifest: RunManifest;
  readonly edits: ReturnType<typeof readClusterEdits>;
  readonly card: ModelCard;
}

const WRITERS: Readonly<Record<ExportFormat, (loaded: LoadedRun, about: About) => Files>> = {
  tfjs(loaded, { card }) {
    const { json, shards } = tfjsModel(graphOf(loaded), { generator: card.generator, metadata: { card } });
    return { ...shards, 'model.json': JSON.stringify(json) };
  },
  onnx(loaded, { card }) {
    const model = encodeOnnx(onnxGraph(graphOf(loaded)), {
      producer: { name: 'autoregseg', version },
      documentation: `${card.method}. Clusters: ${card.clusters.map(({ name }) => name).join(', ')}.`,
      metadata: { card: JSON.stringify(card), labels: JSON.stringify(card.clusters), licence: card.licence },
    });
    return { 'model.onnx': model };
  },
  safetensors(loaded, about) {
    return { 'model.safetensors': portableRun(loaded, about), [LOADER]: readAsset(LOADER) };
  },
};

function graphOf({ model }: LoadedRun) {
  return inferenceGraph(model.network.save(), model);
}
