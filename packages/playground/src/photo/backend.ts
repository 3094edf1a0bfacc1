/** Which TensorFlow.js backend computes in this browser: WebGPU, WebGL or WebAssembly, whichever works. */
import { registerGradients, registerWasmKernels } from '@autoregseg/engine/browser';
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from './messages.js';

/** In the order in which 'auto' tries them. */
const BACKENDS: readonly BackendName[] = ['webgpu', 'webgl', 'wasm'];

/**
 * Starts a backend.
 *
 * @throws Error when the one asked for does not work here, or none does
 */
export async function startBackend(wanted: BackendName | 'auto'): Promise<BackendName> {
  const reasons: string[] = [];
  for (const name of wanted === 'auto' ? BACKENDS : [wanted]) {
    const reason = await START[name](wanted === 'auto').catch((error: unknown) => String(error));
    if (reason === undefined) {
      await registerGradients();
      return name;
    }
    reasons.push(`${name}: ${reason}`);
  }
  throw new Error(`Nothing can compute here. ${reasons.join('; ')}`);
}

/** Gives the reason why it does not run, or undefined when it does. */
type Start = (onlyFast: boolean) => Promise<string | undefined>;

const START: Record<BackendName, Start> = {
  async webgpu(onlyFast) {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<GpuAdapter | null> } };
    const adapter = await gpu?.requestAdapter();
    if (!adapter) return 'the browser offers no adapter';
    // An adapter made of software is slower than WebAssembly.
    if (onlyFast && (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter)) return 'only a software adapter';
    await import('@tensorflow/tfjs-backend-webgpu');
    return (await tf.setBackend('webgpu')) ? undefined : 'it did not start';
  },
  async webgl(onlyFast) {
    const renderer = webglRenderer();
    if (renderer === undefined) return 'the browser offers none';
    if (onlyFast && /swiftshader|llvmpipe|software/i.test(renderer)) return `only software (${renderer})`;
    await import('@tensorflow/tfjs-backend-webgl');
    return (await tf.setBackend('webgl')) ? undefined : 'it did not start';
  },
  async wasm() {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plainWasm,
      'tfjs-backend-wasm-simd.wasm': simdWasm,
      'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
    });
    if (!(await tf.setBackend('wasm'))) return 'it did not start';
    registerWasmKernels();
    return undefined;
  },
};

interface GpuAdapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

function webglRenderer(): string | undefined {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return undefined;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}
