/**
 * What a test result depends on besides the files, printed for nx, which asks before it takes a result from its cache:
 * the version of Node, and the engine that the set-up left (results on wasm say nothing about native TensorFlow).
 */
import { resolve } from 'node:path';
import { readStamp } from './stamp.mjs';

const { engine } = readStamp(resolve(import.meta.dirname, '../..'));
console.log(process.version, process.env.AUTOREGSEG_ENGINE || engine?.outcome || 'no engine');
