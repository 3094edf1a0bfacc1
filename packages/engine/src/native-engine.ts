/**
 * The native engine: @tensorflow/tfjs-node(-gpu) on the cached libtensorflow, or on its own where it has one.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { addonFile } from './cache.js';
import type { EngineDescription, SkippedEngine } from './engine-description.js';
import { nativeBackend } from './native-backend.js';
import { registerNativeGradients } from './native-gradients.js';
import { findNativePackages, linkAddon, type NativePackage } from './native-package.js';
import { keepNativeModule, type NativeModule } from './summary-writer.js';

/** Starts native TensorFlow, or says why it cannot run. */
export async function startNative(): Promise<Omit<EngineDescription, 'skipped'> | SkippedEngine> {
  const packages = findNativePackages();
  const usable = packages.filter(({ addon }) => addon !== 'missing' || existsSync(addonFile()));
  if (usable.length === 0) {
    return skipped('native TensorFlow is not installed', 'run "npx @autoregseg/engine install"');
  }
  const faults: string[] = [];
  for (const candidate of usable) {
    try {
      if (candidate.addon === 'missing') linkAddon(candidate.folder);
      return await load(candidate);
    } catch (error) {
      faults.push(`${candidate.folder}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return skipped(
    `native TensorFlow does not load (${faults.join('; ')})`,
    'run "npx @autoregseg/engine remove", then "npx @autoregseg/engine install"',
  );
}

async function load({ name, folder }: NativePackage): Promise<Omit<EngineDescription, 'skipped'>> {
  restoreRemovedNodeFunctions();
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
  // TensorFlow takes oneDNN by itself on some CPUs only; on the others its own convolutions are slower and take more memory.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  const require = createRequire(resolve(folder, 'package.json'));
  const loaded = withoutDuplicateWarnings(() => require(folder) as NativeModule);
  if (!(await tf.setBackend('tensorflow'))) throw new Error(`${name} registered no backend`);
  registerNativeGradients();
  keepNativeModule(loaded);
  const { binding, isUsingGpuDevice } = nativeBackend();
  return {
    name: 'native',
    backend: 'tensorflow',
    versions: { tfjs: tf.version_core, libtensorflow: binding.TF_Version },
    threads: Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0) || availableParallelism(),
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
  };
}

/** tfjs-node 4.22 calls two functions that Node 23 removed, and Node 22 warns about: it gets the same from here. */
function restoreRemovedNodeFunctions(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}

/** tfjs-node brings the whole of tfjs, which registers again what is there: hundreds of lines that say nothing. */
function withoutDuplicateWarnings<T>(load: () => T): T {
  const { warn } = console;
  console.warn = (...args: unknown[]) => {
    if (!/already (been set|registered)/.test(String(args[0]))) warn(...args);
  };
  try {
    return load();
  } finally {
    console.warn = warn;
  }
}

function skipped(why: string, cure: string): SkippedEngine {
  return { engine: 'native', why, cure };
}
