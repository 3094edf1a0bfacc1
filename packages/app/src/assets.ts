/** Files that come with the package, in ../assets from here: from src/ as from dist/. */
import { readFileSync } from 'node:fs';

export function readAsset(name: string): string {
  return readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8');
}
