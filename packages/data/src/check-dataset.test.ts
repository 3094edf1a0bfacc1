import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { matBytes } from '../test/write-mat.js';
import { tiffBytes } from '../test/write-tiff.js';
import { checkDataset } from './check-dataset.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-check-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('checkDataset: value', () => {
  it('counts the classes of a dataset whose pixels it reads', async () => {
    const report = await checkDataset({ dataset: 'mosaic', count: 3, size: [32, 32] }, { deep: true });
    expect(report).toMatchObject({
      ok: true,
      dataset: 'mosaic',
      layout: 'mosaic',
      images: 3,
      labelled: 3,
      findings: [],
    });
    const shares = Object.values(report.classShares!);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
  });

  it('turns what is wrong with a folder of images into a finding', async () => {
    const { ok, findings } = await checkDataset({ dataset: 'folder', images: join(root, 'none') });
    expect([ok, findings]).toEqual([
      false,
      [{ kind: 'faulty', what: `folder: '${join(root, 'none')}' does not exist` }],
    ]);
  });

  it("names what IIC's archive lacks", async () => {
    const archive = join(root, 'archive');
    for (const folder of ['imgs', 'gt']) mkdirSync(join(archive, folder), { recursive: true });
    writeFileSync(join(archive, 'unlabelled_train.txt'), '3\n');
    writeFileSync(join(archive, 'labelled_train.txt'), '4\n5\n');
    writeFileSync(join(archive, 'imgs/3.mat'), matBytes({ name: 'img', shape: [1, 1, 4], data: [1, 2, 3, 4] }));
    const { layout, images, findings } = await checkDataset({ dataset: 'potsdam', root: archive });
    expect([layout, images]).toEqual(["IIC's archive", 1]);
    expect(findings.map(({ kind, what }) => `${kind}: ${what}`)).toEqual([
      'missing: 1 of 3 lists of crops: labelled_test.txt',
      'missing: 2 of 3 crops: imgs/4.mat, imgs/5.mat',
      'missing: 2 of 2 labels of crops: gt/4.mat, gt/5.mat',
      'note: crops in the lists: unlabelled_train 1, labelled_train 2, labelled_test 0',
    ]);
  });

  it('looks into the tiles of the release, and says where the others come from', async () => {
    const raw = join(root, 'release');
    mkdirSync(join(raw, '4_Ortho_RGBIR'), { recursive: true });
    const tile = (name: string, samples: number) =>
      writeFileSync(
        join(raw, '4_Ortho_RGBIR', `top_potsdam_${name}_RGBIR.tif`),
        tiffBytes({ height: 1, width: 1, photometric: 2, data: new Uint8Array(samples) }),
      );
    tile('2_13', 4);
    tile('3_10', 3);
    const { ok, layout, images, findings } = await checkDataset({ dataset: 'potsdam3', root: raw });
    expect([ok, layout, images]).toEqual([false, 'release', 2]);
    expect(findings[0].what).toBe('tile 2_13 is 1x1, those of the release are 6000x6000');
    expect(findings[1]).toMatchObject({
      kind: 'faulty',
      what: expect.stringContaining('3_10_RGBIR.tif: it has 3 bands'),
    });
    expect(findings[2].what).toMatch(/^36 of 38 tiles: 2_10, /);
    expect(findings[2].cure).toContain('ask ISPRS');
    expect(findings[3].what).toMatch(/^the label of tile 3_10: .*5_Labels_for_participants/);
  });
});
