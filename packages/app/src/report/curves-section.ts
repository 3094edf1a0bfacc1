/** Loss and gauges over the steps: four small plots with one axis of steps. */
import { markup, trusted, type Markup } from '../pictures/markup.js';
import { drawCurve, type CurvePoint } from './curve.js';
import { count, decimal, percent } from './format.js';
import type { MetricsRow, RunReport } from './run-report.js';

type Gauge = Exclude<keyof MetricsRow, 'step'>;

interface Panel {
  readonly gauge: Gauge;
  readonly title: string;
  /** What the vertical axis says, unit included. */
  readonly axis: string;
  readonly text: (value: number) => string;
  readonly hint: string;
}

const PANELS: readonly Panel[] = [
  {
    gauge: 'loss',
    title: 'Loss',
    axis: 'loss (nats)',
    text: (value) => `${decimal(value)} nats`,
    hint: 'Minus the mutual information of the two views, summed over the heads, plus the contrast of their features where the recipe has it; lower is better.',
  },
  {
    gauge: 'effectiveClusters',
    title: 'Effective clusters',
    axis: 'effective clusters (count)',
    text: (value) => decimal(value),
    hint: 'Near the dashed line all clusters are used alike; 1 is a collapse.',
  },
  {
    gauge: 'agreement',
    title: 'Agreement of views',
    axis: 'same cluster in both views (% of positions)',
    text: (value) => percent(value),
    hint: 'How often two orderings of one image give the same cluster.',
  },
  {
    gauge: 'imagesPerSecond',
    title: 'Speed',
    axis: 'images per second (1/s)',
    text: (value) => `${decimal(value)} images/s`,
    hint: 'Training throughput.',
  },
];

export async function curvesSection({ metrics, clusters }: RunReport): Promise<Markup> {
  const figures = await Promise.all(PANELS.map((panel) => figure(panel, metrics, clusters.length)));
  return markup`<section aria-labelledby="training">
<h2 id="training">Training</h2>
${metrics.length === 0 ? markup`<p class="hint">No step has been made yet.</p>` : markup`<div class="curves">${figures}</div>`}
</section>`;
}

async function figure(panel: Panel, metrics: readonly MetricsRow[], clusters: number): Promise<Markup> {
  const { gauge, title, axis, text, hint } = panel;
  const scale = gauge === 'agreement' ? 100 : 1;
  const points: CurvePoint[] = metrics
    .filter((row) => Number.isFinite(row[gauge]))
    .map((row) => ({ step: row.step, value: scale * row[gauge] }));
  const last = points.at(-1);
  if (!last) return markup`<figure><h3>${title}</h3><p class="hint">Not measured.</p></figure>`;
  const now = text(last.value / scale);
  const svg = await drawCurve(points, {
    axis,
    description: `${title}: ${text(points[0].value / scale)} at step ${count(points[0].step)}, ${now} at step ${count(last.step)}`,
    ...rangeOf(gauge, clusters),
  });
  return markup`<figure><h3>${title}<span class="now">${now}</span></h3>${trusted(svg)}<figcaption>${hint}</figcaption></figure>`;
}

function rangeOf(gauge: Gauge, clusters: number): { domain?: readonly [number, number]; reference?: number } {
  switch (gauge) {
    case 'loss':
      return {};
    case 'effectiveClusters':
      return { domain: [1, Math.max(2, clusters)], reference: clusters };
    case 'agreement':
      return { domain: [0, 100] };
    case 'imagesPerSecond':
      return { domain: [0, Number.NaN] };
  }
}
