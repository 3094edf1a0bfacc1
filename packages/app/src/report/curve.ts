/**
 * One curve as inline SVG, in the colours of the page around it.
 *
 * Long runs are drawn as the mean of bins of steps, over a band from the least to the greatest value in each bin, so
 * that neither the file grows with the run nor a spike is lost.
 */

import { count } from './format.js';

export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

export interface CurveOptions {
  /** Label of the vertical axis, with its unit. */
  readonly axis: string;
  /** What a screen reader says instead of the curve. */
  readonly description: string;
  /** Ends of the vertical axis; NaN or no domain: from the data. */
  readonly domain?: readonly [low: number, high: number];
  /** A dashed line across. */
  readonly reference?: number;
}

const WIDTH = 340;
const HEIGHT = 210;
const BINS = 240;

/** @param points - finite values in order of steps, at least one */
export async function drawCurve(points: readonly CurvePoint[], options: CurveOptions): Promise<string> {
  // Loaded here: half a second that no command but a report has to wait for.
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { axis, description, domain, reference } = options;
  const bins = binned(points, BINS);
  const banded = bins.some((bin) => bin.high > bin.low);
  const [low, high] = domainOf(bins, domain);
  const svg: { readonly outerHTML: string } = Plot.plot({
    document: parseHTML('<html></html>').document,
    className: 'curve',
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 44,
    marginRight: 12,
    marginTop: 28,
    marginBottom: 38,
    style: { fontSize: '12px', overflow: 'visible' },
    ariaLabel: description,
    x: {
      label: 'training step',
      ticks: 4,
      tickFormat: count,
      tickSize: 4,
      domain: [bins[0].step, Math.max(bins.at(-1)!.step, bins[0].step + 1)],
    },
    y: { label: axis, domain: [low, high], grid: true, ticks: 5, tickSize: 0, nice: !domain },
    marks: [
      Plot.ruleY(reference === undefined ? [] : [reference], { strokeDasharray: '4 3', strokeOpacity: 0.6 }),
      Plot.areaY(banded ? bins : [], { x: 'step', y1: 'low', y2: 'high', fillOpacity: 0.16 }),
      bins.length === 1
        ? Plot.dot(bins, { x: 'step', y: 'mean', fill: 'currentColor' })
        : Plot.lineY(bins, { x: 'step', y: 'mean', strokeWidth: 1.75 }),
    ],
  });
  return svg.outerHTML.replace('<svg ', '<svg role="img" ');
}

interface Bin {
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** At most that many bins of as equal a number of points as can be; the last carries the last step. */
function binned(points: readonly CurvePoint[], bins: number): Bin[] {
  const size = Math.ceil(points.length / bins);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const bin = points.slice(i * size, (i + 1) * size);
    const values = bin.map(({ value }) => value);
    return {
      step: bin.at(-1)!.step,
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      low: Math.min(...values),
      high: Math.max(...values),
    };
  });
}

function domainOf(bins: readonly Bin[], domain: CurveOptions['domain']): [number, number] {
  const low = Math.min(...bins.map((bin) => bin.low));
  const high = Math.max(...bins.map((bin) => bin.high));
  const [from = low, to = high] = (domain ?? []).map((end, i) => (Number.isNaN(end) ? [low, high][i] : end));
  return from === to ? [from - 0.5, to + 0.5] : [from, to];
}
