/** Clusters against classes, and the scores that follow. */
import { markup, type Markup, type MarkupPart } from '../pictures/markup.js';
import { colorOf } from '../pictures/palette.js';
import { count, percent, perHundred } from './format.js';
import type { ReportEvaluation, RunReport } from './run-report.js';

export function confusionSection(report: RunReport): MarkupPart {
  const { evaluation } = report;
  if (!evaluation) return undefined;
  return markup`<section aria-labelledby="confusion">
<h2 id="confusion">Scores and confusion</h2>
${scoreTable(evaluation)}
${confusionTable(evaluation)}
</section>`;
}

function scoreTable({ scores, baselines = [] }: ReportEvaluation): Markup {
  const rows = [
    { name: 'Pixel accuracy', value: scores.pixelAccuracy },
    { name: 'Class accuracy (mean recall)', value: scores.classAccuracy },
    { name: 'Mean IoU', value: scores.meanIoU },
    ...baselines.map(({ name, pixelAccuracy }) => ({ name: `Pixel accuracy of ${name}`, value: pixelAccuracy })),
  ];
  return markup`<div class="scroll" role="region" aria-label="Scores" tabindex="0"><table class="scores"><caption>Scores by the protocol below</caption>
<thead><tr><th scope="col">Score</th><th scope="col" class="number">Value</th><th scope="col" class="wide">0 to 100 %</th></tr></thead>
<tbody>${rows.map(
    ({ name, value }) =>
      markup`<tr><th scope="row">${name}</th><td class="number">${percent(value)}</td><td class="wide"><span class="bar"><span style="width:${Number.isFinite(value) ? (100 * value).toFixed(2) : 0}%"></span></span></td></tr>
`,
  )}</tbody></table></div>`;
}

function confusionTable(evaluation: ReportEvaluation): Markup {
  const { classes, scores } = evaluation;
  return markup`<div class="scroll" role="region" aria-label="Confusion of clusters and classes" tabindex="0"><table class="confusion">
<caption>Per cent of each cluster’s labelled pixels that lie in each class. Outlined: the class it was matched to.</caption>
<thead><tr><th scope="col">Cluster</th>${classes.map((name) => markup`<th scope="col" class="number"><bdi>${name}</bdi></th>`)}<th scope="col" class="number">Pixels</th></tr></thead>
<tbody>${rowOrder(evaluation).map((cluster) => confusionRow(cluster, evaluation))}</tbody>
<tfoot><tr><th scope="row">IoU of the class, %</th>${classes.map((_, klass) => markup`<td class="number">${perHundred(scores.iou[klass])}</td>`)}<td></td></tr></tfoot>
</table></div>`;
}

/** By matched class, so that right answers run down the diagonal; clusters without a class last. */
function rowOrder({ matching, classes }: ReportEvaluation): number[] {
  const place = (cluster: number) => (matching[cluster] < 0 ? classes.length : matching[cluster]);
  return Array.from(matching, (_, cluster) => cluster).sort((a, b) => place(a) - place(b) || a - b);
}

function confusionRow(cluster: number, { classes, matching, confusion }: ReportEvaluation): Markup {
  const counts = classes.map((_, klass) => confusion[cluster * classes.length + klass]);
  const total = counts.reduce((sum, pixels) => sum + pixels, 0);
  const cells = counts.map((pixels, klass) => {
    const share = total === 0 ? Number.NaN : pixels / total;
    const matched = matching[cluster] === klass;
    return markup`<td class="number${matched && ' matched'}" style="--share:${total === 0 ? 0 : share.toFixed(3)}">${perHundred(share)}</td>`;
  });
  const name = matching[cluster] < 0 ? 'no class' : classes[matching[cluster]];
  return markup`<tr><th scope="row"><span class="swatch" style="background:${colorOf(cluster)}"></span><bdi>${cluster} · ${name}</bdi></th>${cells}<td class="number">${count(total)}</td></tr>
`;
}
