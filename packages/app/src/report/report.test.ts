import { parseHTML } from 'linkedom';
import { decode } from 'fast-png';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { luminance, type Rgb } from '../pictures/colour-vision.js';
import { MAX_EXAMPLES, renderReport } from './report.js';
import { STYLE } from './style.js';
import { HOSTILE_CLASS, HOSTILE_NAME, syntheticRun } from './synthetic-run.fixture.js';

/** What the tests need of a parsed page; linkedom's own types are those of a browser. */
interface PageElement {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

function parse(html: string): PageElement {
  return parseHTML(html).document.documentElement;
}

function all(page: PageElement, selector: string): PageElement[] {
  return [...page.querySelectorAll(selector)];
}

function texts(page: PageElement, selector: string): string[] {
  return all(page, selector).map(({ textContent }) => textContent.trim());
}

const complete = renderReport(syntheticRun());

describe('report: shape', () => {
  it('shows image, prediction, overlay and ground truth of every example, the extremes marked', async () => {
    const page = parse(await complete);
    expect(all(page, '.example')).toHaveLength(12);
    expect(texts(page, '.example:first-of-type figcaption').slice(0, 3)).toEqual(['Image', 'Prediction', 'Overlay']);
    expect(texts(page, 'figcaption').filter((text) => text.startsWith('Ground truth'))).toHaveLength(12);
    expect(texts(page, '.badge')).toEqual([
      ...Array.from({ length: 4 }, () => 'most certain'),
      ...Array.from({ length: 4 }, () => 'least certain'),
    ]);
  });

  it('has a heading for each part, one title, and captions on all tables', async () => {
    const page = parse(await complete);
    expect(texts(page, 'h1')).toEqual(['A <b>test</b> run']);
    expect(texts(page, 'h2')).toEqual([
      '1 warning',
      'Images',
      'Clusters',
      'Training',
      'Scores and confusion',
      'Protocol',
      'Reproduce',
    ]);
    expect(all(page, 'table caption')).toHaveLength(all(page, 'table').length);
    const targets = all(page, 'nav a').map((link) => link.getAttribute('href')!.slice(1));
    for (const target of targets) expect(all(page, `#${target}`)).toHaveLength(1);
  });

  it('draws no more examples than fit, the extremes among them', async () => {
    const page = parse(await renderReport(syntheticRun({ examples: 40, height: 8, width: 8 })));
    expect(all(page, '.example')).toHaveLength(MAX_EXAMPLES);
    expect(texts(page, '.example h3 bdi')[0]).toBe('image-39.png');
    expect(texts(page, '.example h3 bdi').at(-1)).toBe(HOSTILE_NAME);
  });
});

describe('report: value', () => {
  it('says in words what was done, on what, with what, for how long, with what result', async () => {
    const [lead] = texts(parse(await complete), '.lead');
    expect(lead.replace(/\s+/g, ' ')).toBe(
      'Autoregressive clustering learned 3 clusters from 40 images of noise & blocks without seeing a label: 30 steps in 1 min 15 s on test engine. ' +
        'It then put every pixel of 12 images into one of them. Once clusters were matched to classes, 100.0 % of the labelled pixels were right; ' +
        'on the same pixels K-means reaches 57.1 %.',
    );
  });

  it('embeds masks whose pixels are still the cluster ids', async () => {
    const [first] = all(parse(await complete), 'img[alt^="Predicted clusters"]');
    const png = decode(Buffer.from(first.getAttribute('src')!.split(',')[1], 'base64'));
    // 40 x 56 pixels grow by the largest whole factor that stays within 280: 5.
    expect([png.height, png.width]).toEqual([200, 280]);
    expect([png.data[0], png.data[279]]).toEqual([1, 0]);
  });

  it('shows where the orderings disagree, bright where they do, with the mean share of pairs', async () => {
    const page = parse(await complete);
    expect(texts(page, 'figcaption').find((text) => text.startsWith('Disagreement'))).toBe(
      'Disagreement25.0\u202f% of pairs',
    );
    const [picture] = all(page, 'img[alt^="Where the orderings disagree"]');
    const bytes = Buffer.from(picture.getAttribute('src')!.split(',')[1], 'base64');
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.height, info.width]).toEqual([200, 280]);
    const at = (row: number, column: number) => data[(row * info.width + column) * info.channels];
    expect(at(100, 20)).toBeLessThan(8);
    expect(Math.abs(at(100, 260) - 128)).toBeLessThan(8);
  });

  it('draws a class of the ground truth in the colour of its cluster', async () => {
    const page = parse(await complete);
    const colourAt = (alt: string, pixel: number) => {
      const [picture] = all(page, `img[alt^="${alt}"]`);
      const png = decode(Buffer.from(picture.getAttribute('src')!.split(',')[1], 'base64'));
      return png.palette![png.data[pixel]];
    };
    for (const pixel of [0, 279])
      expect(colourAt('Ground truth', pixel)).toEqual(colourAt('Predicted clusters', pixel));
  });

  it('shows the confusion by row, its diagonal outlined, and a dash for what is unknown', async () => {
    const page = parse(await complete);
    expect(texts(page, '.confusion tbody tr:first-child .number')).toEqual(['100.0', '0.0', '1\u202f120']);
    expect(texts(page, '.confusion .matched')).toEqual(['100.0', '100.0']);
    expect(texts(page, '.confusion tfoot td').slice(0, 2)).toEqual(['97.4', '\u2013']);
  });

  it('lists protocol, options, command, seed and engine', async () => {
    const page = parse(await complete);
    const rows = texts(page, '.settings tbody tr').map((row) => row.replace(/\s+/g, ' '));
    expect(rows).toEqual(
      expect.arrayContaining(['matchingone-to-one', 'network.blocks2', 'flipyes', 'orderingstop-left-row, hilbert']),
    );
    expect(texts(page, '.command')).toEqual([`autoregseg train --images './a & b' --seed 11`]);
    expect(texts(page, '.facts dd')).toEqual(['11', 'test engine', '2 cores', 'node 20.0.0', '2024-05-01 12:30 UTC']);
  });

  it('names the axes of the four curves with their units', async () => {
    const labels = texts(parse(await complete), '.curves svg text');
    expect(labels).toEqual(
      expect.arrayContaining([
        '↑ loss (nats)',
        '↑ effective clusters (count)',
        '↑ same cluster in both views (% of positions)',
        '↑ images per second (1/s)',
      ]),
    );
    expect(labels.filter((label) => label === 'training step →')).toHaveLength(4);
  });

  it('stands without labels, without examples and before the first step', async () => {
    const run = syntheticRun();
    const unlabelled = await renderReport({ ...run, evaluation: undefined });
    expect(unlabelled).toContain('No labels were given, so nothing here is scored');
    expect(texts(parse(unlabelled), 'h2')).not.toContain('Scores and confusion');
    expect(unlabelled).not.toContain('Ground truth');

    const summary = { ...run.summary, status: 'running' as const, steps: 0, plannedSteps: 400 };
    const empty = await renderReport({
      ...run,
      summary: { ...summary, segmented: { images: 0 } },
      evaluation: undefined,
      examples: [],
      metrics: [],
      clusters: [],
    });
    expect(empty).toContain('0 of 400 steps are done');
    expect(empty).toContain('No image has been segmented yet.');
    expect(empty).toContain('No step has been made yet.');
  });

  it('leaves out gauges that are no numbers', async () => {
    const run = syntheticRun({ examples: 1 });
    const html = await renderReport({ ...run, metrics: run.metrics.map((row) => ({ ...row, loss: Number.NaN })) });
    expect(texts(parse(html), '.curves figure').filter((text) => text.includes('Not measured.'))).toHaveLength(1);
    expect(html).not.toMatch(/d="[^"]*NaN/);
  });
});

describe('report: self-containedness', () => {
  it('is under 10 MB for 24 images and masks of noise, by drawing them smaller', async () => {
    const size = { height: 420, width: 420 };
    const html = await renderReport(
      syntheticRun({ ...size, examples: 24, clusters: 6, steps: 5000, noisyMasks: true }),
    );
    expect(Buffer.byteLength(html)).toBeLessThan(10_000_000);
    const [first] = all(parse(html), '.example img');
    expect(Number(first.getAttribute('width'))).toBeLessThan(420);
  });

  it('loads nothing: every address is data or a place in the page, and its policy forbids requests', async () => {
    const html = await complete;
    const page = parse(html);
    const addresses = ['src', 'href', 'xlink:href', 'srcset', 'action'].flatMap((name) =>
      all(page, '*').map((element) => element.getAttribute(name)),
    );
    for (const address of addresses) expect(address ?? '#').toMatch(/^(data:|#)/);
    expect(html).not.toMatch(/url\(|@import|https?:/);
    expect(all(page, 'meta[http-equiv="Content-Security-Policy"]')[0].getAttribute('content')).toMatch(
      /^default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-[\w+/=]+'$/,
    );
  });

  it('escapes hostile names everywhere', async () => {
    const html = await complete;
    const page = parse(html);
    expect(html).not.toContain(HOSTILE_NAME);
    expect(html).not.toContain(HOSTILE_CLASS);
    expect(all(page, '[onerror]')).toHaveLength(0);
    expect(all(page, 'script')).toHaveLength(1);
    expect(texts(page, '.example h3 bdi')).toContain(HOSTILE_NAME);
    expect(texts(page, '.confusion thead th')).toContain(HOSTILE_CLASS);
  });
});

describe('report: accessibility', () => {
  it('gives every picture an alternative text, empty only for layers of one already described', async () => {
    const page = parse(await complete);
    for (const picture of all(page, 'img')) expect(picture.getAttribute('alt')).not.toBeNull();
    expect(all(page, 'img[alt=""]')).toHaveLength(all(page, '.stack img + img').length);
    for (const curve of all(page, '.curves svg')) expect(curve.getAttribute('aria-label')).toMatch(/ at step 30$/);
  });

  it.each(['light', 'dark'])('keeps text at a contrast of 4.5 or more in the %s theme, shaded cells too', (theme) => {
    const root = STYLE.split('prefers-color-scheme: dark')[theme === 'light' ? 0 : 1];
    const value = (name: string) => new RegExp(`--${name}: ([^;]+);`).exec(root)![1];
    const hex = (name: string): Rgb => {
      const digits = value(name).slice(1);
      return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16)) as unknown as Rgb;
    };
    const shade = value('shade').split(' ').map(Number);
    const shaded = hex('ground').map((channel, c) => 0.58 * channel + 0.42 * shade[c]) as unknown as Rgb;
    const pairs: [Rgb, Rgb][] = [
      [hex('ink'), hex('ground')],
      [hex('soft'), hex('ground')],
      [hex('ink'), hex('raised')],
      [hex('ink'), hex('warn')],
      [hex('ink'), shaded],
    ];
    for (const [text, ground] of pairs) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
  });
});

describe('report: error', () => {
  it('names the image whose mask does not fit', async () => {
    const run = syntheticRun({ examples: 1 });
    const [example] = run.examples;
    await expect(
      renderReport({ ...run, examples: [{ ...example, id: 'a.png', prediction: new Int32Array(5) }] }),
    ).rejects.toThrow('renderReport: the prediction of a.png must have one id for each of 40 x 56 pixels, got 5');
    await expect(
      renderReport({ ...run, examples: [{ ...example, id: 'a.png', prediction: new Int32Array(40 * 56).fill(3) }] }),
    ).rejects.toThrow('renderReport: the prediction of a.png holds cluster 3, but the report has 3 clusters');
  });
});

/** WCAG 2 contrast ratio. */
function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}
