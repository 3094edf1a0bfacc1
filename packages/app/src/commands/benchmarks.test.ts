/**
 * The benchmark datasets by the command line, from the layout that is downloaded to a score: small releases made here, and
 * crops of the real ones where the folder AUTOREGSEG_DATA has them.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIDE, writeCocoStuff, writePotsdam } from './benchmark-releases.fixture.js';
import { runCommand, succeed, TINY } from './run-command.fixture.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-benchmarks-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Trains on a dataset, scores it, and returns the score. */
async function trainAndEvaluate(data: readonly string[], score: readonly string[] = []): Promise<Score> {
  const run = mkdtempSync(join(root, 'run-'));
  await succeed('train', ...data, '--out', run, '--force', ...TINY);
  const { stdout } = await succeed('evaluate', run, ...data, ...score, '--json', '--engine', 'wasm');
  return JSON.parse(stdout) as Score;
}

interface Score {
  readonly pixels: number;
  readonly pixelAccuracy: number;
  readonly classNames: string[];
  readonly protocol: { readonly images: number; readonly classes: number };
}

describe('a release made here', () => {
  beforeAll(async () => {
    await writePotsdam(join(root, 'potsdam'));
    await writeCocoStuff(join(root, 'coco'));
  });

  it('of Potsdam is prepared, trained on and scored with six classes and with three', async () => {
    const [raw, out] = [join(root, 'potsdam'), join(root, 'crops')];
    const said = await succeed('prepare', 'potsdam', raw, '--out', out, '--shrink', '2', '--crop', '32', '--json');
    // Halved to 64x64, so four crops a tile; a tenth of 12 is held out.
    expect(JSON.parse(said.stdout)).toMatchObject({
      finished: true,
      crops: 12,
      lists: { unlabelled_train: 4, labelled_train: 7, labelled_test: 1 },
    });
    const six = await trainAndEvaluate(['--dataset', 'potsdam', '--root', out], ['--split', 'labelled']);
    expect(six).toMatchObject({ pixels: 8 * 32 * 32, protocol: { images: 8, classes: 6 } });
    const three = await trainAndEvaluate(['--dataset', 'potsdam3', '--root', out], ['--split', 'test']);
    expect(three).toMatchObject({ pixels: 32 * 32, protocol: { images: 1, classes: 3 } });
  });

  it('of COCO-Stuff is trained on as it is and prepared, with what is no stuff left out of the score', async () => {
    const [raw, out] = [join(root, 'coco'), join(root, 'coco-small')];
    const whole = await trainAndEvaluate(['--dataset', 'coco-stuff', '--root', raw, '--scale', '1']);
    // Sixteen of the rows are a person.
    expect(whole).toMatchObject({ pixels: 3 * SIDE * (SIDE - 16), protocol: { images: 3, classes: 15 } });
    await succeed('prepare', 'coco-stuff', raw, '--out', out, '--scale', '0.5');
    const three = await trainAndEvaluate(['--dataset', 'coco-stuff3', '--root', out]);
    expect(three).toMatchObject({ pixels: (3 * SIDE * (SIDE - 16)) / 4, protocol: { images: 3, classes: 3 } });
  });

  it('names tile and pixel of a colour that no class has, and ends with 1', async () => {
    const raw = join(root, 'wrong');
    await writePotsdam(raw);
    await sharp(Buffer.alloc(3 * SIDE * SIDE, 90), { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .tiff({ compression: 'none' })
      .toFile(join(raw, '5_Labels_for_participants/top_potsdam_2_11_label.tif'));
    const { code, stderr } = await runCommand('prepare', 'potsdam', raw, '--out', join(root, 'none'), '--crop', '32');
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: .*tile 2_11: .*unknown colour \(90, 90, 90\) at row 0, column 0/);
  });
});

const data = process.env.AUTOREGSEG_DATA ?? '';
describe.skipIf(!existsSync(join(data, 'potsdam')))('real releases (skipped without AUTOREGSEG_DATA)', () => {
  it('Potsdam: raw tiles to crops to a score', async () => {
    const out = join(root, 'real-crops');
    await succeed('prepare', 'potsdam', join(data, 'potsdam/fixture-raw'), '--out', out);
    const { pixels: scored } = await trainAndEvaluate(
      ['--dataset', 'potsdam3', '--root', out],
      ['--split', 'labelled'],
    );
    expect(scored).toBe(200 * 200);
  });

  it("Potsdam: IIC's archive as it is", async () => {
    const archive = ['--dataset', 'potsdam', '--root', join(data, 'potsdam/fixture-iic')];
    expect((await trainAndEvaluate(archive, ['--split', 'labelled'])).protocol).toMatchObject({
      images: 4,
      classes: 6,
    });
  });

  it('COCO-Stuff: as it is and prepared', async () => {
    const [raw, out] = [join(data, 'cocostuff/fixture'), join(root, 'real-coco')];
    expect((await trainAndEvaluate(['--dataset', 'coco-stuff', '--root', raw])).protocol.images).toBe(1);
    await succeed('prepare', 'coco-stuff', raw, '--out', out);
    const { protocol } = await trainAndEvaluate(['--dataset', 'coco-stuff3', '--root', out], ['--center-crop', '128']);
    expect(protocol).toMatchObject({ images: 2, classes: 3 });
  });
});
