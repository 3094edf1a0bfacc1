import { describe, expect, it } from 'vitest';
import { describeEngine, describeFallback, isEnginePreference, type EngineDescription } from './engine-description.js';

const native: EngineDescription = {
  name: 'native',
  backend: 'tensorflow',
  versions: { tfjs: '4.22.0', libtensorflow: '2.15.1' },
  threads: 2,
  device: 'cpu',
  skipped: [],
};
const wasm: EngineDescription = {
  ...native,
  name: 'wasm',
  backend: 'wasm',
  versions: { tfjs: '4.22.0' },
  threads: 1,
  skipped: [
    { engine: 'native', why: 'native TensorFlow is not installed', cure: 'run "npx @autoregseg/engine install"' },
    { engine: 'webgpu', why: 'no adapter is found', cure: 'install the driver of the GPU' },
  ],
};

describe('value', () => {
  it('names the engine on one line', () => {
    expect(describeEngine(native)).toBe('native TensorFlow 2.15.1 (cpu, 2 threads)');
    expect(describeEngine(wasm)).toBe('WebAssembly (cpu, 1 thread)');
    expect(describeEngine({ ...wasm, name: 'webgpu', adapter: 'Radeon', device: 'gpu' })).toBe(
      'WebGPU on Radeon (gpu)',
    );
  });

  it('makes one line of a fallback, with the reason and the cure of the native engine', () => {
    expect(describeFallback(wasm)).toBe(
      'Running on WebAssembly, several times slower: native TensorFlow is not installed; run "npx @autoregseg/engine install".',
    );
  });

  it('says nothing when native runs, or when the engine was asked for', () => {
    expect(describeFallback(native)).toBeUndefined();
    expect(describeFallback({ ...wasm, skipped: [] })).toBeUndefined();
    // A GPU is no poor stand-in.
    expect(describeFallback({ ...wasm, name: 'webgpu' })).toBeUndefined();
  });

  it('knows the four preferences', () => {
    expect(['auto', 'native', 'webgpu', 'wasm', 'Wasm', 'cpu', ''].filter(isEnginePreference)).toEqual([
      'auto',
      'native',
      'webgpu',
      'wasm',
    ]);
  });
});
