/**
 * What runs, and what does not and why: the plain object that every report, log line and status of an engine is made of.
 */

/** The engines in the order in which 'auto' tries them. */
export const ENGINE_NAMES = ['native', 'webgpu', 'wasm'] as const;

export type EngineName = (typeof ENGINE_NAMES)[number];

/** One engine by name, or the first that runs. */
export type EnginePreference = EngineName | 'auto';

/** An engine that was passed over: why, and what the user can do about it. */
export interface SkippedEngine {
  readonly engine: EngineName;
  /** A clause without a full stop: `native TensorFlow is not installed`. */
  readonly why: string;
  /** An order without a full stop: `run "npx @autoregseg/engine install"`. */
  readonly cure: string;
}

export interface EngineDescription {
  readonly name: EngineName;
  /** Name under which TensorFlow.js knows the backend: `tensorflow`, `webgpu` or `wasm`. */
  readonly backend: string;
  readonly versions: {
    /** Of tfjs-core. */
    readonly tfjs: string;
    /** Of the native library; absent on the other engines. */
    readonly libtensorflow?: string;
  };
  /** The device that WebGPU found, by its own name; absent on the other engines. */
  readonly adapter?: string;
  /** Threads that one operation may use. */
  readonly threads: number;
  readonly device: 'cpu' | 'gpu';
  /** Engines that come before this one in the order of choice and do not run here; empty when one was asked for. */
  readonly skipped: readonly SkippedEngine[];
}

/** True for the four words that `useEngine` takes. */
export function isEnginePreference(value: string): value is EnginePreference {
  return value === 'auto' || (ENGINE_NAMES as readonly string[]).includes(value);
}

/**
 * One line that names the engine.
 *
 * @example describeEngine(await useEngine()); // 'native TensorFlow 2.15.1 (cpu, 2 threads)'
 */
export function describeEngine({ name, versions, adapter, device, threads }: EngineDescription): string {
  const titles = {
    native: `native TensorFlow ${versions.libtensorflow}`,
    webgpu: `WebGPU on ${adapter}`,
    wasm: 'WebAssembly',
  };
  const title = titles[name];
  return device === 'gpu' ? `${title} (gpu)` : `${title} (cpu, ${threads} ${threads === 1 ? 'thread' : 'threads'})`;
}

/**
 * The one line to show when wasm stands in for native TensorFlow.
 *
 * @returns undefined when native runs, or when the engine was asked for by name
 * @example describeFallback(await useEngine());
 * // 'Running on WebAssembly, several times slower: native TensorFlow is not installed; run "npx @autoregseg/engine install".'
 */
export function describeFallback({ name, skipped }: EngineDescription): string | undefined {
  const native = skipped.find(({ engine }) => engine === 'native');
  if (native === undefined || name !== 'wasm') return undefined;
  return `Running on WebAssembly, several times slower: ${native.why}; ${native.cure}.`;
}
