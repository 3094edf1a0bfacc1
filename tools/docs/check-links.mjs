/**
 * Every link inside of a static site leads somewhere: to a file, and to an element of that name where it has a fragment.
 *
 *   node tools/docs/check-links.mjs docs/site
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const site = resolve(process.argv[2] ?? 'docs/site');
const pages = readdirSync(site, { recursive: true })
  .map((name) => join(site, String(name)))
  .filter((name) => name.endsWith('.html'));
const texts = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]));

/** @param {string} page @param {string} link @returns {string | undefined} what is wrong with it */
function fault(page, link) {
  const [path, fragment] = link.split('#');
  const target = path === '' ? page : resolve(dirname(page), decodeURIComponent(path.split('?')[0]));
  const file = existsSync(target) && statSync(target).isDirectory() ? join(target, 'index.html') : target;
  if (!existsSync(file)) return 'no such file';
  const text = texts.get(file);
  if (fragment === undefined || fragment === '' || text === undefined) return undefined;
  const id = decodeURIComponent(fragment);
  return text.includes(`id="${id}"`) ? undefined : 'no such place on the page';
}

const faults = [];
let links = 0;
for (const [page, text] of texts) {
  for (const [, link] of text.matchAll(/(?:href|src)="([^"]+)"/g)) {
    // Other sites are theirs to keep.
    if (/^(?:[a-z]+:|\/\/)/.test(link)) continue;
    links++;
    const wrong = fault(page, link.replaceAll('&amp;', '&'));
    if (wrong !== undefined) faults.push(`${relative(site, page)}: ${link}: ${wrong}`);
  }
}
process.stdout.write(`${links} links on ${pages.length} pages, ${faults.length} of them broken\n`);
if (faults.length > 0) {
  process.stderr.write(`${[...new Set(faults)].join('\n')}\n`);
  process.exitCode = 1;
}
