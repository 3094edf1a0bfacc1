/** Lists of ids, one a line, as the releases of the benchmark datasets bring them. */
import { readFileSync } from 'node:fs';

/**
 * @returns the ids in the file's order
 * @throws RangeError when the file is missing or names an id twice
 */
export function readIdList(file: string): string[] {
  const ids = textOf(file)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) throw new RangeError(`the list '${file}' names '${twice}' twice`);
  return ids;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RangeError(`the list '${file}' cannot be read: ${(error as Error).message}`);
  }
}
