/** A small run with everything a report can show, for tests: seeded noise images, block masks, hostile names. */
import type { RasterImage } from '@autoregseg/data';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { samplePatches } from '../pictures/patches.js';
import type { MetricsRow, ReportExample, RunReport } from './run-report.js';

export const HOSTILE_NAME = `"><img src=x onerror=alert(1)> & 'quoted' \`tick\`.png`;
export const HOSTILE_CLASS = '</script><script>alert(2)</script>';

export interface SyntheticRunOptions {
  readonly height?: number;
  readonly width?: number;
  readonly examples?: number;
  readonly clusters?: number;
  readonly steps?: number;
  /** Masks of noise instead of blocks: the worst case for the size of a file. */
  readonly noisyMasks?: boolean;
}

export function syntheticRun(options: SyntheticRunOptions = {}): RunReport {
  const { height = 40, width = 56, examples: count = 12, clusters = 3, steps = 30, noisyMasks = false } = options;
  const random = xoroshiro128plus(11);
  const draw = () => uniformFloat64(random);
  const image: RasterImage = {
    shape: [height, width, 3],
    data: Float32Array.from({ length: height * width * 3 }, () => Math.floor(draw() * 256) / 255),
  };
  const label = Int32Array.from({ length: height * width }, (_, pixel) =>
    noisyMasks ? Math.floor(draw() * 2) : (pixel % width) * 2 < width ? 0 : 1,
  );
  // Clusters 0 and 1 are the classes 1 and 0; the others have no class.
  const prediction = label.map((klass) => (noisyMasks ? Math.floor(draw() * clusters) : 1 - klass));
  // The orderings disagree in the right half alone.
  const disagreement: RasterImage = {
    shape: [height, width, 1],
    data: Float32Array.from({ length: height * width }, (_, pixel) => ((pixel % width) * 2 < width ? 0 : 0.5)),
  };
  const examples = Array.from({ length: count }, (_, i): ReportExample => ({
    id: i === 0 ? HOSTILE_NAME : `image-${i}.png`,
    image,
    prediction,
    certainty: 0.5 + (0.5 * (i + 1)) / (count + 1),
    disagreement,
    label,
  }));
  const pixels = height * width;
  return {
    title: 'A <b>test</b> run',
    summary: {
      dataset: 'noise & blocks',
      images: 40,
      segmented: { images: count },
      status: 'finished',
      steps,
      plannedSteps: steps,
      trainingSeconds: 75,
      seed: 11,
      date: '2024-05-01T12:30:00.000Z',
    },
    engine: { name: 'test engine', hardware: '2 cores', versions: { node: '20.0.0' } },
    options: { clusters, network: { blocks: 2 }, flip: true, orderings: ['top-left-row', 'hilbert'] },
    metrics: syntheticMetrics(steps),
    examples,
    clusters: Array.from({ length: clusters }, (_, id) => ({
      id,
      share: id < 2 ? 0.5 : 0,
      patches: samplePatches(examples.slice(0, 3), id),
    })),
    evaluation: {
      classes: ['left', HOSTILE_CLASS],
      matching: Int32Array.from({ length: clusters }, (_, cluster) => [1, 0][cluster] ?? -1),
      confusion: Float64Array.from({ length: clusters * 2 }, (_, i) => [0, pixels / 2, pixels / 2, 0][i] ?? 0),
      scores: { pixelAccuracy: 1, meanIoU: 0.987, classAccuracy: 1, iou: [0.974, Number.NaN] },
      protocol: { matching: 'one-to-one', ignoreId: 255 },
      baselines: [{ name: 'K-means', pixelAccuracy: 0.5712 }],
    },
    reproduce: `autoregseg train --images './a & b' --seed 11`,
    warnings: ['<i>one</i> file was skipped'],
  };
}

function syntheticMetrics(steps: number): MetricsRow[] {
  return Array.from({ length: steps }, (_, i) => ({
    step: i + 1,
    loss: -1 + Math.exp(-i / 10),
    effectiveClusters: 3 - 2 * Math.exp(-i / 10),
    agreement: 1 - 0.5 * Math.exp(-i / 10),
    imagesPerSecond: 40 + (i % 7),
  }));
}
