/**
 * The choice of the engine: native TensorFlow, else WebGPU, else WebAssembly; once per process.
 *
 * TensorFlow.js keeps its backend on globalThis, and so is the choice kept, that the ESM and the CJS copy of this package agree.
 */
import { ENGINE_NAMES, isEnginePreference, type EngineDescription, type EngineName } from './engine-description.js';
import type { EnginePreference, SkippedEngine } from './engine-description.js';
import { registerGradients } from './gradients.js';
import { startNative } from './native-engine.js';
import { startWasm } from './wasm-engine.js';
import { startWebgpu } from './webgpu-engine.js';

const STATE = Symbol.for('autoregseg.engine');
const shared = globalThis as { [STATE]?: Promise<EngineDescription> };

/**
 * Sets the TensorFlow.js backend of this process and says what runs.
 *
 * @param preference - an engine by name, or 'auto': the one that AUTOREGSEG_ENGINE names, else the first that runs of native,
 * webgpu, wasm
 * @returns what runs; the same object to every later call
 * @throws RangeError when the preference is none of the four words
 * @throws Error when the engine asked for does not run here, or another one runs in this process already
 * @example console.log(describeEngine(await useEngine()));
 */
export async function useEngine(preference: EnginePreference = 'auto'): Promise<EngineDescription> {
  checkPreference(preference, 'preference');
  const running = shared[STATE];
  if (running === undefined) return start(preference === 'auto' ? environmentPreference() : preference);
  const description = await running;
  if (preference !== 'auto' && preference !== description.name) {
    throw new Error(
      `useEngine: this process runs '${description.name}' already, got '${preference}'; ` +
        `one process has one engine: name it in the first call`,
    );
  }
  return description;
}

function environmentPreference(): EnginePreference {
  const name = process.env['AUTOREGSEG_ENGINE'] || 'auto';
  checkPreference(name, 'AUTOREGSEG_ENGINE');
  return name;
}

function checkPreference(value: string, what: string): asserts value is EnginePreference {
  if (isEnginePreference(value)) return;
  throw new RangeError(`useEngine: ${what} must be one of auto, ${ENGINE_NAMES.join(', ')}, got '${value}'`);
}

async function start(preference: EnginePreference): Promise<EngineDescription> {
  const choice = firstThatRuns(preference);
  shared[STATE] = choice;
  try {
    return await choice;
  } catch (error) {
    delete shared[STATE];
    throw error;
  }
}

async function firstThatRuns(preference: EnginePreference): Promise<EngineDescription> {
  const skipped: SkippedEngine[] = [];
  for (const name of preference === 'auto' ? ENGINE_NAMES : [preference]) {
    const outcome = await STARTERS[name](preference !== 'auto');
    if ('name' in outcome) {
      await registerGradients();
      return { ...outcome, skipped };
    }
    skipped.push(outcome);
  }
  const reasons = skipped.map(({ engine, why, cure }) => `${engine}: ${why}; ${cure}`);
  throw new Error(`useEngine: no engine runs here for '${preference}'. ${reasons.join('. ')}`);
}

type Start = (byName: boolean) => Promise<Omit<EngineDescription, 'skipped'> | SkippedEngine>;

const STARTERS: Record<EngineName, Start> = {
  native: startNative,
  webgpu: (byName) => startWebgpu({ software: byName }),
  wasm: startWasm,
};
