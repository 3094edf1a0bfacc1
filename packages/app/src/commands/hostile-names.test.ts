/** Names of files and classes that are code somewhere else: shown as text by report, legend and terminal. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_NAMES, writeHostileFolders } from './hostile-names.fixture.js';
import { runCommand, succeed, TINY, type CommandOutcome } from './run-command.fixture.js';

/** Clears the screen of a terminal that obeys it, then writes over the line. */
const ESCAPE = '\u001b[2Jall is well\r';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-names-'));
const [images, labels, out, map] = ['images', 'labels', 'out', 'map.json'].map((name) => join(base, name));
let segmented: CommandOutcome;
beforeAll(async () => {
  await writeHostileFolders({ images, labels, map });
  writeFileSync(join(images, `${ESCAPE}.png`), 'no picture');
  segmented = await succeed('segment', images, '-k', '2', '--out', out, ...TINY);
});
afterAll(() => rmSync(base, { recursive: true }));

interface PageElement {
  readonly tagName: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

function parse(file: string): PageElement {
  return parseHTML(readFileSync(file, 'utf8')).document.documentElement as unknown as PageElement;
}

/** Elements and attributes that act by themselves. */
function activeParts(page: PageElement): string[] {
  return [...page.querySelectorAll('*')].flatMap(({ tagName, attributes }) => {
    const acting = [...attributes].filter(
      ({ name, value }) => /^on/i.test(name) || (/^(src|href|xlink:href)$/i.test(name) && !/^(data:|#)/.test(value)),
    );
    const isScript = /^(script|iframe|object|embed|base|form)$/i.test(tagName);
    return [...(isScript ? [tagName.toLowerCase()] : []), ...acting.map(({ name, value }) => `${name}=${value}`)];
  });
}

describe('report', () => {
  it('shows the names of files as they are, and has no active part but its own script', () => {
    const page = parse(join(out, 'report.html'));
    for (const name of HOSTILE_NAMES) expect(page.textContent).toContain(name);
    expect(activeParts(page)).toEqual(['script']);
  });

  it('shows the names of classes as they are', async () => {
    const run = join(base, 'run');
    const dataset = ['--dataset', 'folder', '--images', images, '--labels', labels, '--label-map', map];
    await succeed('train', ...dataset, '--out', run, ...TINY);
    const page = parse(join(run, 'report.html'));
    expect(page.textContent).toContain('<i>sky</i>');
    expect(page.textContent).toContain(HOSTILE_NAMES[1]);
    expect(activeParts(page)).toEqual(['script']);
  });
});

describe('legend', () => {
  it('has no active part', () => {
    expect(activeParts(parse(join(out, 'legend.svg')))).toEqual([]);
  });
});

describe('terminal', () => {
  it('is shown control characters of names as text', async () => {
    const { stderr } = await runCommand(
      'segment',
      join(images, `${ESCAPE}.png`),
      '-k',
      '2',
      '--out',
      `${out}2`,
      ...TINY,
    );
    for (const said of [segmented.stderr, stderr]) {
      expect(said).toContain('\\u001b[2Jall is well\\r.png');
      // eslint-disable-next-line no-control-regex -- the very thing that must not come through
      expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });
});
