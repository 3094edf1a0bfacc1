/** @autoregseg/engine: which TensorFlow.js backend runs. */
export { useEngine } from './use-engine.js';
export { describeEngine } from './engine-description.js';
export { describeFallback } from './engine-description.js';
export { ENGINE_NAMES } from './engine-description.js';
export type { EngineDescription } from './engine-description.js';
export type { EngineName } from './engine-description.js';
export type { EnginePreference } from './engine-description.js';
export type { SkippedEngine } from './engine-description.js';
export { installEngine } from './install.js';
export type { EngineInstallation } from './install.js';
export type { InstallEngineOptions } from './install.js';
export type { InstallProgress } from './install.js';
export { EngineInstallError } from './install-error.js';
export type { InstallStage } from './install-error.js';
export { engineStatus } from './status.js';
export type { EngineStatus } from './status.js';
export { removeEngine } from './remove.js';
export type { EngineRemoval } from './remove.js';
