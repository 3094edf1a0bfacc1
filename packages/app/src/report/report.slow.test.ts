/** The page at its largest, and in a real browser: at the widths of a phone and of a desk, without a scroll bar across. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from './report.js';
import { syntheticRun } from './synthetic-run.fixture.js';

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
const present = browser !== undefined;
if (!present) console.warn('report.slow: no Chromium on the PATH, so the page is not laid out in a browser');

describe('report: size', () => {
  it('is under 10 MB for 24 images of 1024 x 1024 with 50 clusters', async () => {
    const run = syntheticRun({ height: 1024, width: 1024, examples: 24, clusters: 50, steps: 5000, noisyMasks: true });
    expect(Buffer.byteLength(await renderReport(run))).toBeLessThan(10_000_000);
  });
});

describe.runIf(present)('report in a browser', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'autoregseg-report-'));
    const run = syntheticRun({ height: 60, width: 90, clusters: 20 });
    // The longest things a report may meet: names without a place to break.
    const endless = 'x'.repeat(300);
    const examples = run.examples.map((example, i) => (i === 1 ? { ...example, id: endless } : example));
    const page = await renderReport({ ...run, title: endless, examples, reproduce: endless, warnings: [endless] });
    writeFileSync(join(folder, 'report.html'), page);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([375, 1440])('does not scroll sideways at %i pixels', (width) => {
    // A window can't be narrower than 500 pixels; a frame can, and tells its inner widths to the page around it.
    const frame = join(folder, `frame-${width}.html`);
    writeFileSync(
      frame,
      `<body style="margin:0"><iframe src="report.html" style="border:0;width:${width}px;height:3000px"></iframe><output></output>
<script>document.querySelector('iframe').onload = ({ target }) => {
  const { clientWidth, scrollWidth } = target.contentDocument.documentElement;
  document.querySelector('output').textContent = clientWidth + ' ' + scrollWidth;
};</script></body>`,
    );
    const { stdout } = spawnSync(
      browser!,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        '--allow-file-access-from-files',
        `--window-size=${Math.max(500, width)},3000`,
        '--virtual-time-budget=5000',
        '--dump-dom',
        pathToFileURL(frame).href,
      ],
      { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    const [, client, scroll] = /<output>(\d+) (\d+)<\/output>/.exec(stdout) ?? [];
    expect([client, scroll].map(Number)).toEqual([width, width]);
  });
});
