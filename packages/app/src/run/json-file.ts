/** JSON that this program wrote itself, by `writeFileAtomic`: whole, or not there. */
import { existsSync, readFileSync } from 'node:fs';

/** @returns undefined where there is no file */
export function readJsonFile<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}
