import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EnginePreference } from './engine-description.js';
import { useEngine } from './use-engine.js';

const STATE = Symbol.for('autoregseg.engine');

beforeEach(() => {
  // Each test begins as a process does.
  delete (globalThis as { [STATE]?: unknown })[STATE];
});

describe('useEngine', () => {
  describe('value', () => {
    it('sets the backend, able to train a convolution, and says what runs', async () => {
      expect(await useEngine('wasm')).toEqual({
        name: 'wasm',
        backend: 'wasm',
        versions: { tfjs: tf.version_core },
        threads: 1,
        device: 'cpu',
        skipped: [],
      });
      expect(tf.getBackend()).toBe('wasm');
      // Image 1..9, kernel 2x2: each tap of the kernel's gradient sums the window that it sees.
      const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
      const gradient = tf.grad((kernel) => tf.sum(tf.conv2d(image, kernel as tf.Tensor4D, 1, 'valid')));
      expect([...gradient(tf.ones([2, 2, 1, 1])).dataSync()]).toEqual([12, 16, 24, 28]);
    });

    it('gives the same object to later calls: for auto, for the same name and from another copy of the module', async () => {
      const first = await useEngine('wasm');
      expect(await useEngine()).toBe(first);
      expect(await useEngine('wasm')).toBe(first);
      vi.resetModules();
      const copy = await import('./use-engine.js');
      expect(copy.useEngine).not.toBe(useEngine);
      expect(await copy.useEngine('auto')).toBe(first);
    });

    it('starts one engine for two calls at once', async () => {
      const [first, second] = await Promise.all([useEngine('wasm'), useEngine('auto')]);
      expect(second).toBe(first);
    });

    it('takes AUTOREGSEG_ENGINE for auto, and not for a preference by name', async () => {
      vi.stubEnv('AUTOREGSEG_ENGINE', 'wasm');
      expect(await useEngine()).toMatchObject({ name: 'wasm', skipped: [] });
      vi.unstubAllEnvs();
    });
  });

  describe('error', () => {
    it('names the valid preferences', async () => {
      await expect(useEngine('cuda' as EnginePreference)).rejects.toThrow(
        new RangeError("useEngine: preference must be one of auto, native, webgpu, wasm, got 'cuda'"),
      );
      vi.stubEnv('AUTOREGSEG_ENGINE', 'gpu');
      await expect(useEngine()).rejects.toThrow(
        new RangeError("useEngine: AUTOREGSEG_ENGINE must be one of auto, native, webgpu, wasm, got 'gpu'"),
      );
      vi.unstubAllEnvs();
    });

    it('refuses a second engine', async () => {
      await useEngine('wasm');
      await expect(useEngine('native')).rejects.toThrow(
        "useEngine: this process runs 'wasm' already, got 'native'; one process has one engine: name it in the first call",
      );
    });

    it('says why the engine asked for does not run, and lets another be tried then', async () => {
      vi.doMock('webgpu', () => {
        throw new Error('Cannot find package');
      });
      await expect(useEngine('webgpu')).rejects.toThrow(
        "useEngine: no engine runs here for 'webgpu'. webgpu: the package webgpu is not installed; " +
          'run "npm install webgpu @tensorflow/tfjs-backend-webgpu"',
      );
      vi.doUnmock('webgpu');
      expect((await useEngine('wasm')).name).toBe('wasm');
    });
  });
});
