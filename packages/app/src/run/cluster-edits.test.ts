import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkClusterEdits,
  clusterLabel,
  mergeClusters,
  mergeCounts,
  NO_EDITS,
  readClusterEdits,
  writeClusterEdits,
} from './cluster-edits.js';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'autoregseg-edits-'));
});
afterEach(() => rmSync(run, { recursive: true }));

describe('value', () => {
  it('is no edits in a run that nobody has edited', () => {
    expect(readClusterEdits(run, 4)).toEqual(NO_EDITS);
  });

  it('comes back as it was written, names without blanks around them', () => {
    writeClusterEdits(run, { names: { 1: ' sky ' }, merged: { 3: 0 } }, 4);
    expect(readClusterEdits(run, 4)).toEqual({ names: { 1: 'sky' }, merged: { 3: 0 } });
  });

  it('shows a merged cluster as the one it belongs to', () => {
    const edits = { names: { 0: 'road' }, merged: { 3: 0, 1: 0 } };
    const map = mergeClusters({ shape: [1, 5], data: Int32Array.of(0, 1, 2, 3, -1) }, edits);
    expect([...map.data]).toEqual([0, 0, 2, 0, -1]);
    expect([...mergeCounts(Float64Array.of(1, 2, 4, 8), edits)]).toEqual([11, 0, 4, 0]);
    expect([0, 1, 2].map((cluster) => clusterLabel(edits, cluster))).toEqual(['road', 'counts as 0 · road', undefined]);
  });
});

describe('error', () => {
  it.each([
    [{ names: { 4: 'sky' }, merged: {} }, 'there are 4 clusters, 0 to 3, got 4'],
    [{ names: {}, merged: { 1: 9 } }, 'there are 4 clusters, 0 to 3, got 9'],
    [{ names: {}, merged: { 1: 1 } }, 'cluster 1 belongs to 1, which must belong to no other'],
    [{ names: {}, merged: { 1: 2, 2: 3 } }, 'cluster 1 belongs to 2, which must belong to no other'],
    [{ names: { 1: '  ' }, merged: {} }, /names and merged clusters have faults: .*names/s],
    [{ names: { __proto__x: 'a' }, merged: {} }, /names and merged clusters have faults/],
    [{ names: {}, merged: {}, more: 1 }, /names and merged clusters have faults: .*more/s],
  ])('refuses %j', (edits, message) => {
    expect(() => checkClusterEdits(edits, 4)).toThrow(message);
  });

  it('names the file that cannot be used', () => {
    writeFileSync(join(run, 'clusters.json'), '{');
    expect(() => readClusterEdits(run, 4)).toThrow(/clusters\.json cannot be used: .* delete it to start anew\.$/s);
  });
});
