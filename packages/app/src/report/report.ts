/**
 * The run report: one self-contained HTML page that needs no network and no script to be read.
 *
 * Pure: data in, text out. A content security policy in the page itself forbids every request; its one script moves the
 * opacity of the overlays and is named by its hash.
 */
import { createHash } from 'node:crypto';
import { markup, trusted, type Markup } from '../pictures/markup.js';
import { patchSheet } from '../pictures/patch-sheet.js';
import { clustersSection } from './clusters-section.js';
import { classColours } from './colours.js';
import { confusionSection } from './confusion-section.js';
import { curvesSection } from './curves-section.js';
import { embedExample, type EmbeddedExample } from './embed.js';
import { examplesSection, type DrawnExample } from './examples-section.js';
import { protocolSection, reproduceSection } from './protocol-section.js';
import type { RunReport } from './run-report.js';
import { OPACITY_SCRIPT } from './script.js';
import { selectExamples } from './select-examples.js';
import { STYLE } from './style.js';
import { summarySection } from './summary-section.js';

/** Images drawn at most. */
export const MAX_EXAMPLES = 24;

/** Longer side of the examples' pictures, unless that is too much for the budget. */
const SIDE = 560;
/** Bytes of all examples' pictures together: with the rest, the page stays under 10 MB. */
const EXAMPLES_BUDGET = 7_000_000;

/**
 * The whole page.
 *
 * @returns HTML of less than 10 MB
 * @throws RangeError when a prediction or label doesn't fill its image, or a prediction holds an unknown cluster
 */
export async function renderReport(report: RunReport): Promise<string> {
  checkExamples(report);
  const side = report.clusters.length > 48 ? 32 : 64;
  const drawn = await drawExamples(report);
  const sheets = await Promise.all(
    report.clusters.map(({ id, patches }) => patchSheet(patches, { cluster: id, side })),
  );
  const curves = await curvesSection(report);
  return markup`${trusted('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="autoregseg">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${hashOf(OPACITY_SCRIPT)}'">
<link rel="icon" href="data:,">
<title>${report.title} · autoregseg</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${summarySection(report)}
${contents(report)}
${examplesSection(report, drawn)}
${clustersSection(report, sheets)}
${curves}
${confusionSection(report)}
${protocolSection(report)}
${reproduceSection(report)}
</main>
<script>${trusted(OPACITY_SCRIPT)}</script>
</body>
</html>
`.text;
}

function contents({ evaluation }: RunReport): Markup {
  const sections = ['Images', 'Clusters', 'Training', evaluation ? 'Confusion' : '', 'Protocol', 'Reproduce'];
  const links = sections.filter(Boolean).map((name) => markup`<a href="#${name.toLowerCase()}">${name}</a> `);
  return markup`<nav aria-label="Contents">${links}</nav>`;
}

function checkExamples({ examples, clusters }: RunReport): void {
  for (const { id, image, prediction, label } of examples) {
    const [height, width] = image.shape;
    for (const [name, map] of Object.entries({ prediction, label }))
      if (map && map.length !== height * width)
        throw new RangeError(
          `renderReport: the ${name} of ${id} must have one id for each of ${height} x ${width} pixels, got ${map.length}`,
        );
    const unknown = prediction.find((cluster) => cluster >= clusters.length);
    if (unknown !== undefined)
      throw new RangeError(
        `renderReport: the prediction of ${id} holds cluster ${unknown}, but the report has ${clusters.length} clusters`,
      );
  }
}

/** At SIDE, or as much smaller as it takes to fit the pictures into the budget. */
async function drawExamples(report: RunReport): Promise<DrawnExample[]> {
  if (report.examples.length === 0) return [];
  const selected = selectExamples(
    report.examples.map(({ certainty }) => certainty),
    MAX_EXAMPLES,
  );
  const classes = report.evaluation && classColours(report.evaluation);
  for (let side = SIDE; ;) {
    const drawn: DrawnExample[] = [];
    for (const { index, standing } of selected) {
      const example = report.examples[index];
      drawn.push({ example, standing, pictures: await embedExample(example, { side, classes }) });
    }
    const bytes = drawn.reduce((sum, { pictures }) => sum + bytesOf(pictures), 0);
    if (bytes <= EXAMPLES_BUDGET) return drawn;
    // Bytes go with the area; a little less, so that one more round is enough.
    side = Math.floor(0.95 * side * Math.sqrt(EXAMPLES_BUDGET / bytes));
  }
}

/** The photo and the prediction are in the page twice. */
function bytesOf({ photo, prediction, borders, disagreement = '', truth = '' }: EmbeddedExample): number {
  return 2 * photo.length + 2 * prediction.length + borders.length + disagreement.length + truth.length;
}

function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}
