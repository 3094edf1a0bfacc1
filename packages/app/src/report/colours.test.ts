import { describe, expect, it } from 'vitest';
import { classColours, clusterOfClass, clusterTitle, foldIds } from './colours.js';
import type { ReportEvaluation } from './run-report.js';
import { syntheticRun } from './synthetic-run.fixture.js';
import { paletteRgb } from '../pictures/palette.js';

const evaluation: ReportEvaluation = {
  classes: ['sky', 'road', 'sign'],
  matching: [0, 1, 1],
  // row = cluster: cluster 2 holds more of the road than cluster 1
  confusion: [90, 0, 0, 1, 20, 0, 0, 70, 5],
  scores: { pixelAccuracy: 1, meanIoU: 1, classAccuracy: 1, iou: [1, 1, 0] },
  protocol: {},
};

describe('colours: value', () => {
  it('draw a class in the colour of the cluster that holds most of it', () => {
    expect(clusterOfClass(evaluation).slice(0, 2)).toEqual([0, 2]);
  });

  it('draw a class without a cluster in a colour that no cluster has', () => {
    expect(clusterOfClass(evaluation)[2]).toBe(3);
    expect(classColours(evaluation)).toEqual([0, 2, 3].map((cluster) => paletteRgb(4)[cluster]));
  });

  it('name a cluster by the name given, else by its class, else by its number', () => {
    const run = { ...syntheticRun({ examples: 1 }), evaluation };
    const named = { ...run, clusters: [{ id: 0, name: 'blue sky', share: 1, patches: [] }, ...run.clusters.slice(1)] };
    expect([0, 1].map((id) => clusterTitle(named, id))).toEqual(['0 · blue sky', '1 · road']);
    expect(clusterTitle({ ...run, evaluation: undefined }, 1)).toBe('Cluster 1');
  });

  it('fold ids past the palette onto the colour they are drawn in', () => {
    expect([...foldIds({ shape: [1, 4], data: Int32Array.of(-1, 254, 255, 300) }).data]).toEqual([-1, 254, 0, 45]);
  });
});
