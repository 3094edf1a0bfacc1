/** The top of the report: what was done, in one paragraph, and the numbers to remember. */
import { markup, type Markup, type MarkupPart } from '../pictures/markup.js';
import { count, decimal, duration, percent, plural } from './format.js';
import type { RunReport } from './run-report.js';

export function summarySection(report: RunReport): Markup {
  return markup`<header>
<p class="eyebrow">autoregseg · run report</p>
<h1><bdi>${report.title}</bdi></h1>
<p class="lead">${paragraph(report)}</p>
${progressNote(report)}
${warningList(report.warnings)}
<dl class="figures">
${figures(report).map(
  ({ label, value, note }) =>
    markup`<div><dt>${label}</dt><dd><span class="figure">${value}</span>${note !== undefined && markup`<span class="note">${note}</span>`}</dd></div>
`,
)}</dl>
</header>`;
}

function paragraph(report: RunReport): MarkupPart {
  const { summary, engine, clusters } = report;
  const { method = 'Autoregressive clustering', dataset, images, segmented, steps, trainingSeconds } = summary;
  return [
    markup`${method} learned ${plural(clusters.length, 'cluster')} from ${plural(images, 'image')} of <bdi>${dataset}</bdi> without seeing a label: ${plural(steps, 'step')} in ${duration(trainingSeconds)} on <bdi>${engine.name}</bdi>. `,
    segmented.images > 0 &&
      markup`It then put every pixel of ${plural(segmented.images, 'image')}${segmented.description !== undefined && ` (${segmented.description})`} into one of them. `,
    scoreSentence(report),
  ];
}

function scoreSentence({ evaluation, summary }: RunReport): MarkupPart {
  if (!evaluation)
    return (
      summary.segmented.images > 0 && 'No labels were given, so nothing here is scored: the pictures are the result.'
    );
  const { scores, baselines = [] } = evaluation;
  const others = baselines.map(
    ({ name, pixelAccuracy }, i) =>
      markup`${i > 0 && ', '}<span class="whole">${name}</span> reaches ${percent(pixelAccuracy)}`,
  );
  return [
    markup`Once clusters were matched to classes, <strong>${percent(scores.pixelAccuracy)} of the labelled pixels</strong> were right`,
    others.length > 0 && '; on the same pixels ',
    others,
    '.',
  ];
}

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

function figures(report: RunReport): Figure[] {
  const { summary, evaluation, metrics, clusters, examples } = report;
  const last = metrics.at(-1);
  const scored: Figure[] = evaluation
    ? [
        { label: 'Pixel accuracy', value: percent(evaluation.scores.pixelAccuracy), note: baselineNote(report) },
        {
          label: 'Mean IoU',
          value: percent(evaluation.scores.meanIoU),
          note: plural(evaluation.classes.length, 'class', 'classes'),
        },
      ]
    : [];
  const learned: Figure[] = last
    ? [
        {
          label: 'Effective clusters',
          value: decimal(last.effectiveClusters, 2),
          note: `of ${clusters.length} that could be used`,
        },
        { label: 'Agreement of views', value: percent(last.agreement), note: 'same cluster in both' },
      ]
    : [];
  const surest = examples.length > 0 && !evaluation ? [certaintyFigure(report)] : [];
  const share = summary.plannedSteps > summary.steps ? `of ${count(summary.plannedSteps)} planned` : undefined;
  return [
    ...scored,
    ...surest,
    ...learned,
    { label: 'Steps', value: count(summary.steps), note: share ?? `in ${duration(summary.trainingSeconds)}` },
  ];
}

function certaintyFigure({ examples }: RunReport): Figure {
  const mean = examples.reduce((sum, { certainty }) => sum + certainty, 0) / examples.length;
  return { label: 'Mean certainty', value: percent(mean), note: `of the ${plural(examples.length, 'image')} here` };
}

function baselineNote({ evaluation }: RunReport): string | undefined {
  const best = evaluation?.baselines?.[0];
  return best && `${best.name}: ${percent(best.pixelAccuracy)}`;
}

function progressNote({ summary }: RunReport): MarkupPart {
  const { status, steps, plannedSteps } = summary;
  const done = `${count(steps)} of ${count(plannedSteps)} steps are done`;
  switch (status) {
    case 'finished':
      return undefined;
    case 'running':
      return markup`<p class="callout"><strong>Training goes on.</strong> ${done}; this report shows the run as it stood then.</p>`;
    case 'interrupted':
      return markup`<p class="callout"><strong>Training was interrupted.</strong> ${done}; <code>--resume</code> goes on from the last checkpoint.</p>`;
    case 'failed':
      return markup`<p class="callout"><strong>Training failed.</strong> ${done}.</p>`;
  }
}

function warningList(warnings: readonly string[]): MarkupPart {
  if (warnings.length === 0) return undefined;
  return markup`<section class="callout" aria-labelledby="warnings"><h2 id="warnings">${plural(warnings.length, 'warning')}</h2>
<ul>${warnings.map((warning) => markup`<li>${warning}</li>`)}</ul></section>`;
}
