import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset, type MosaicSpec } from '@autoregseg/data';
import { clusterTree } from '@autoregseg/evaluation';
import { useTestEngine } from '@autoregseg/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readClusterEdits, writeClusterEdits } from '../run/cluster-edits.js';
import { resolveConfig } from '../training/config.js';
import { distil } from '../training/distilled-head.js';
import { setHead } from '../training/set-head.js';
import { TINY_RECIPE } from '../training/tiny-recipe.fixture.js';
import { train } from '../training/train.js';
import { cutRun, cutRunByClicks, suggestedClusters, uncutRun } from './cut-run.js';
import { headMaps } from './head-maps.js';
import { loadRun, loadUncutRun } from './model.js';
import { segmentImage } from './segmenter.js';
import { readTree, writeTree } from './tree-cut.js';

const dataset: MosaicSpec = { dataset: 'mosaic', count: 2, size: [32, 32] };
const folder = mkdtempSync(join(tmpdir(), 'cut-'));
const run = join(folder, 'run');

beforeAll(async () => {
  await useTestEngine();
  await train({
    dataset,
    config: resolveConfig('default', { ...TINY_RECIPE, steps: 2, clusters: 2, mainHeads: 1, overclusters: 6 }),
    out: run,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('value', () => {
  it('segments with the branches of the cut: a position belongs to the branch of most probability', async () => {
    await cutRun(run, 3);
    const { model } = loadRun(run);
    expect([model.head, model.clusters, model.groups!.length]).toEqual(['over', 3, 6]);
    const { image } = await openDataset(dataset).get(0);
    const { unmasked, height, width } = (await headMaps(model, image)).over;
    const { clusters } = await segmentImage({ ...model, working: {} }, image, 'unmasked');
    // The middle of the grid's first position is pixel (1.5, 1.5): within it lies pixel (0, 0), held to the same value.
    const sums = [0, 0, 0];
    model.groups!.forEach((group, leaf) => (sums[group] += unmasked[leaf]));
    expect([height, width]).toEqual([8, 8]);
    expect(clusters[0]).toBe(sums.indexOf(Math.max(...sums)));
    model.network.dispose();
  });

  it('sums overclusters that are taught, once, what the eight orderings agree on', async () => {
    const uncut = loadUncutRun(run);
    const taught = await distil({ ...uncut.model, head: 'over', clusters: 6, groups: undefined }, openDataset(dataset), uncut.run.config); // prettier-ignore
    await setHead(uncut.model.network, 'over', taught);
    await cutRun(run, 4);
    const [{ model }, first] = [loadRun(run), readTree(run)!.taught];
    expect(model.network.save()).toEqual(uncut.model.network.save());
    await cutRun(run, 3);
    expect(readTree(run)!.taught).toEqual(first);
    for (const { network } of [uncut.model, model]) network.dispose();
  });

  it('teaches the overclusters of a tree that was made before they were taught, and keeps its names', async () => {
    await cutRun(run, 3);
    const { taught, ...untaught } = readTree(run)!;
    writeTree(run, untaught);
    writeClusterEdits(run, { names: { 1: 'moss' }, merged: {} }, 3);
    loadRun(run).model.network.dispose();
    const onFirst = vi.fn<() => void>();
    await cutRun(run, 3, { onFirst });
    await cutRun(run, 3, { onFirst });
    expect(onFirst).toHaveBeenCalledTimes(1);
    expect(readTree(run)!.taught).toEqual(taught);
    expect(readClusterEdits(run, 3).names).toEqual({ 1: 'moss' });
  });

  it('makes tree and taught overclusters anew where training went on since', async () => {
    await cutRun(run, 3);
    const fresh = readTree(run)!;
    writeTree(run, { ...fresh, step: 1, taught: { ...fresh.taught!, bias: new Float32Array(6) } });
    const onFirst = vi.fn<() => void>();
    await cutRun(run, 3, { onFirst });
    const { step, tree, taught } = fresh;
    expect(onFirst).toHaveBeenCalledTimes(1);
    expect(readTree(run)).toMatchObject({ step, tree, taught });
  });

  it('keeps names with their branch through every cut, and gives back those of the main head', async () => {
    uncutRun(run, 2);
    writeClusterEdits(run, { names: { 1: 'mine' }, merged: {} }, 2);
    await cutRun(run, 6);
    expect(readClusterEdits(run, 6).names).toEqual({});
    const { merges } = readTree(run)!.tree;
    // Named is a leaf that the first merge swallows, and one that it leaves alone.
    const swallowed = merges[0].parts[0];
    const other = [0, 1, 2, 3, 4, 5].find((leaf) => !merges[0].parts.includes(leaf))!;
    writeClusterEdits(run, { names: { [swallowed]: 'moss', [other]: 'sky' }, merged: {} }, 6);
    await cutRun(run, 5);
    expect(Object.values(readClusterEdits(run, 5).names)).toEqual(['sky']);
    await cutRun(run, 6);
    expect(readClusterEdits(run, 6).names).toEqual({ [swallowed]: 'moss', [other]: 'sky' });
    uncutRun(run, 2);
    expect(readClusterEdits(run, 2).names).toEqual({ 1: 'mine' });
    expect(readTree(run)).toBeUndefined();
  });

  it('suggests as many clusters as there are groups that hardly meet', () => {
    // Four groups of two: partners are mixed up by the views half the time, the groups almost never.
    const joint = Array.from({ length: 64 }, (_, at) => {
      const [k, l] = [Math.floor(at / 8), at % 8];
      return Math.floor(k / 2) === Math.floor(l / 2) ? 1 + (k % 4) / 10 : 0.01;
    });
    expect(suggestedClusters(clusterTree(joint))).toBe(4);
  });
});

describe('error', () => {
  it('says how many overclusters there are to cut', async () => {
    await expect(cutRun(run, 9)).rejects.toThrow('has 6 overclusters, and cannot be cut into 9.');
  });

  it.each([
    ['of other overclusters', { bias: 'AACAPwAAgD8=' }, 'scores of 2 overclusters, not of 6'],
    ['that is no number', { bias: 'AADAfwAAgD8=' }, 'must be finite'],
    ['of half a number', { bias: 'AACAPwAA' }, 'must be whole numbers of four bytes'],
    ['that is empty', { kernel: '' }, 'must be whole numbers of four bytes'],
  ])('says that tree.json has a taught head %s', async (_, changes, fault) => {
    await cutRun(run, 3);
    const file = join(run, 'tree.json');
    const text = readFileSync(file, 'utf8');
    const tree = JSON.parse(text) as { readonly taught: object };
    writeFileSync(file, JSON.stringify({ ...tree, taught: { ...tree.taught, ...changes } }));
    expect(() => loadRun(run)).toThrow(fault);
    writeFileSync(file, text);
  });
});

describe('clicks', () => {
  it('gives named classes, to every overcluster one, until the run is cut or reset', async () => {
    const opened = openDataset(dataset);
    const { image } = await opened.get(0);
    await cutRun(run, 6);
    writeClusterEdits(run, { names: { 2: 'kept' }, merged: {} }, 6);
    const cut = loadRun(run).model;
    const { unmasked, width } = (await headMaps(cut, image)).over;
    cut.network.dispose();
    // Clicks on three positions of the grid, of 4 x 4 pixels each; two of them are of one class.
    const positions = [0, 9, 37];
    const at = (position: number) => ({ x: 4 * (position % width) + 2, y: 4 * Math.floor(position / width) + 1 });
    const classes = ['ground', 'sky', 'ground'];
    const clicks = positions.map((position, i) => ({ image: opened.ids[0], ...at(position), class: classes[i] }));

    expect((await cutRunByClicks(run, clicks)).clusters).toBe(2);
    const { model } = loadRun(run);
    model.network.dispose();
    const probability = (position: number, leaf: number) => unmasked[6 * position + leaf];
    const expected = [0, 1, 2, 3, 4, 5].map((leaf) =>
      (probability(0, leaf) + probability(37, leaf)) / 2 >= probability(9, leaf) ? 0 : 1,
    );
    expect([...model.groups!]).toEqual(expected);
    expect(new Set(expected).size).toBe(2);
    expect(readClusterEdits(run, 2).names).toEqual({ 0: 'ground', 1: 'sky' });

    await cutRun(run, 6);
    expect(readClusterEdits(run, 6).names).toEqual({ 2: 'kept' });
    uncutRun(run, 2);
  });

  it('says which image or pixel there is none of', async () => {
    const click = { image: 'mosaic-1', x: 0, y: 0, class: 'sky' };
    const { ids } = openDataset(dataset);
    await expect(cutRunByClicks(run, [{ ...click, image: `x${ids[1]}.png` }])).rejects.toThrow(
      `tree: the run's images have none named x${ids[1]}.png. Did you mean ${ids[1]}?`,
    );
    await expect(cutRunByClicks(run, [{ ...click, image: ids[0], x: 32 }])).rejects.toThrow(
      `tree: ${ids[0]} is 32 pixels wide and 32 high, and has none at x 32, y 0.`,
    );
  });
});
