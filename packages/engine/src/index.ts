/** @autoregseg/engine: which TensorFlow.js backend runs. */
export { useEngine } from './use-engine.js';
export { describeEngine } from './engine-description.js';
export { describeFallback } from './engine-description.js';
export { ENGINE_NAMES } from './engine-description.js';
export type { EngineDescription } from './engine-description.js';
export type { EngineName } from './engine-description.js';
export type { EnginePreference } from './engine-description.js';
export type { SkippedEngine } from './engine-description.js';
