/** `autoregseg engine`: the engine package's own commands, under this program's name. */
export { createEngineCommand as engineCommand } from '@autoregseg/engine/commands';
