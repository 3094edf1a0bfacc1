/**
 * The pictures of docs/orderings.md: each ordering as `autoregseg orderings show NAME --svg FILE` draws it.
 *
 *   npm run build && node tools/docs/gallery.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = 'docs/images/orderings';
const autoregseg = (...words) =>
  execFileSync(process.execPath, ['packages/app/dist/cli.js', 'orderings', ...words], { cwd: root, encoding: 'utf8' });

mkdirSync(`${root}/${folder}`, { recursive: true });
const { orderings } = JSON.parse(autoregseg('list', '--json'));
for (const name of orderings.map((name) => name.replace('<side>', '4').replace('<seed>', '7'))) {
  autoregseg('show', name, '--layers', '3', '--svg', `${folder}/${name.replace(':', '-')}.svg`, '--json');
}
