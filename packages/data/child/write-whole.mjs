/** Writes files that are either whole or not there: an interrupted run leaves nothing that looks finished. */
import { rename, writeFile } from 'node:fs/promises';

/**
 * @param {string} file
 * @param {Uint8Array | string} content
 */
export async function writeWhole(file, content) {
  await writeFile(`${file}.part`, content);
  await rename(`${file}.part`, file);
}
