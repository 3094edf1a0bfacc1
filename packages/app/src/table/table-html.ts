/** The table as one self-contained page: the numbers, and a mark for each seed, since a mean hides how far they lie apart. */
import { markup, trusted, type Markup } from '../pictures/markup.js';
import { STYLE } from '../report/style.js';
import { columnsOf, formatStatistic, type Column } from './columns.js';
import { equalSecondsText, type TableHeading } from './markdown.js';
import type { Statistic, TableRow } from './summary.js';

const TABLE_STYLE = `
.results { border-collapse: collapse; margin-top: 1.5rem; width: 100%; }
.results th, .results td { text-align: right; padding: 0.5rem 0.5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
.results th:first-child, .results td:first-child { text-align: left; white-space: normal; min-width: 12rem; }
.results th { white-space: normal; max-width: 6.5rem; color: var(--soft); font-weight: 500; font-size: 0.875rem; vertical-align: bottom; }
.scroll { overflow-x: auto; }
.strip { display: block; }
.strip line { stroke: var(--line); }
.strip circle { fill: var(--ink); fill-opacity: 0.55; }
`;

const STRIP_WIDTH = 120;

export function tableHtml(rows: readonly TableRow[], heading: TableHeading): string {
  const { setting, command, machine, engine } = heading;
  const { protocol, config } = setting;
  const [first, ...others] = columnsOf(rows);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Methods side by side</title>
<style>${trusted(STYLE + TABLE_STYLE)}</style>
</head>
<body>
<main>
<p class="eyebrow">autoregseg table</p>
<h1>Methods side by side</h1>
<p class="lead">Pixel accuracy after matching clusters to classes one to one, in percent; mean ± standard deviation over seeds. Protocol ${protocol.name}: ${protocol.description}.</p>
<div class="scroll"><table class="results">
<thead><tr><th>method</th><th>seeds</th><th>${first.title}</th><th>each seed, 0 to 100 %</th>${others.map(({ title }) => markup`<th>${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => tableRow(row, first, others))}</tbody>
</table></div>
<section>
<h2>How to read it</h2>
<p class="hint">Every trained method took ${config.steps} steps of ${config.batchSize} crops of ${config.crop.join(' x ')} pixels with the same network. “Equal seconds”: ${equalSecondsText(heading)}. “Best by loss” needs no labels; “oracle” is the checkpoint that labels would have chosen and is no result. “Matched on the scored images” is what the same clusters reach when those labels say which cluster is which class. Probes are trained on labels of the training images and scored on the same images as all else.</p>
<p class="hint">${engine}; ${machine}.</p>
<p><code>${command}</code></p>
</section>
</main>
</body>
</html>
`.text;
}

function tableRow(row: TableRow, first: Column, others: readonly Column[]): Markup {
  const cell = ({ value, scale }: Column) => markup`<td>${formatStatistic(value(row), scale)}</td>`;
  return markup`<tr><td>${row.title}</td><td>${row.seeds.length}</td>${cell(first)}<td>${strip(row.last)}</td>${others.map(cell)}</tr>
`;
}

/** A dot for each seed on a line from 0 to 1. */
function strip({ values }: Statistic): Markup {
  const label = values.map((value) => `${(100 * value).toFixed(1)} %`).join(', ');
  const dots = values.map((value) => markup`<circle cx="${5 + (STRIP_WIDTH - 10) * value}" cy="9" r="4"/>`);
  return markup`<svg class="strip" width="${STRIP_WIDTH}" height="18" role="img" aria-label="${label}"><line x1="5" x2="${STRIP_WIDTH - 5}" y1="9" y2="9"/>${dots}</svg>`;
}
