/**
 * The WebGPU engine in Node: TensorFlow.js's WebGPU backend on Dawn, which the npm package `webgpu` brings compiled.
 *
 * Both packages are optional peers (docs/decisions.md). In 'auto' an adapter made of software is passed over: it is slower
 * than wasm. Asked for by name it runs, which is how tests go without a GPU.
 *
 * Nothing here can wait for the GPU without giving way to other events: `tensor.dataSync()` fails until `await tensor.data()`
 * has brought the values over.
 */
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineDescription, SkippedEngine } from './engine-description.js';

/** The part of Dawn's objects that is used here. */
interface Gpu {
  requestAdapter(options?: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

interface Adapter {
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>> & {
    readonly isFallbackAdapter?: boolean;
  };
}

interface Dawn {
  create(flags: string[]): Gpu;
  readonly globals: object;
}

const PACKAGES = 'webgpu @tensorflow/tfjs-backend-webgpu';

/** What Dawn needs of a machine before it finds an adapter. */
const DRIVERS =
  'install the driver of the GPU (on Linux a Vulkan one, and libvulkan1), or name a software one in VK_DRIVER_FILES ' +
  'to try it without a GPU';

/** Starts WebGPU, or says why it cannot run. */
export async function startWebgpu({
  software,
}: {
  readonly software: boolean;
}): Promise<Omit<EngineDescription, 'skipped'> | SkippedEngine> {
  const dawn = (await import('webgpu').catch(() => undefined)) as Dawn | undefined;
  if (dawn === undefined) return skipped('the package webgpu is not installed', `run "npm install ${PACKAGES}"`);
  if (!hasVulkanLoader()) return skipped('the library libvulkan.so.1 is not installed', DRIVERS);
  const gpu = installGpu(dawn);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return skipped('no adapter is found', DRIVERS);
  const { info } = adapter;
  const isSoftware = info.isFallbackAdapter === true;
  const name = info.description || info.device || `${info.vendor} ${info.architecture}`.trim() || 'an unnamed adapter';
  if (isSoftware && !software) {
    return skipped(
      `the only adapter is software (${name}), slower than wasm`,
      'ask for it by name to use it all the same',
    );
  }
  const backend = await import('@tensorflow/tfjs-backend-webgpu').catch(() => undefined);
  if (!backend) {
    return skipped('the package @tensorflow/tfjs-backend-webgpu is not installed', `run "npm install ${PACKAGES}"`);
  }
  if (!(await tf.setBackend('webgpu'))) {
    return skipped(`the backend of TensorFlow.js does not start on ${name}`, 'use native or wasm');
  }
  return {
    name: 'webgpu',
    backend: 'webgpu',
    versions: { tfjs: tf.version_core },
    adapter: name,
    threads: isSoftware ? availableParallelism() : 1,
    device: isSoftware ? 'cpu' : 'gpu',
  };
}

/** Dawn says on stderr that it misses the loader, and nothing can stop it: it is asked for only where that is there. */
function hasVulkanLoader(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
  } catch (error) {
    // A library that is there is loaded, and refused only then, being no addon of Node.
    return !/cannot open shared object/.test((error as Error).message);
  }
  return true;
}

/** Puts Dawn where browsers have WebGPU, and where it stays alive: an instance that is collected ends the process. */
function installGpu({ create, globals }: Dawn): Gpu {
  const scope = globalThis as { navigator?: { gpu?: Gpu; readonly userAgent?: string } };
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, and later ones no gpu in theirs.
  if (scope.navigator === undefined) {
    const navigator = { userAgent: `Node.js/${process.versions.node.split('.')[0]}` };
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  }
  const { navigator } = scope;
  if (navigator!.gpu === undefined) {
    // Dawn asks for a folder for sockets, which it does not need.
    process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
    Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
  }
  return navigator!.gpu!;
}

function skipped(why: string, cure: string): SkippedEngine {
  return { engine: 'webgpu', why, cure };
}
