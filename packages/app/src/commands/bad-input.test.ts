/** What commands do with bad input: exit code 1 and one clear error, or a warning and the rest; nothing on stdout. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { writeImage, writeImages, writeLabel, writeTruncatedJpeg } from './small-images.fixture.js';

let base: string;
let images: string;
let labels: string;
let out: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'autoregseg-bad-input-'));
  [images, labels, out] = ['images', 'labels', 'out'].map((name) => join(base, name));
});
afterEach(() => rmSync(base, { recursive: true }));

const folderWords = (...more: string[]) => {
  const dataset = ['--dataset', 'folder', '--images', images, '--clusters', '2'];
  return ['train', ...dataset, '--out', out, ...TINY, ...more];
};
const trainFolder = (...more: string[]) => runCommand(...folderWords(...more));

/** Expects a failure: exit code, silence on stdout, one line of error that says this. */
async function expectFailure(
  outcome: ReturnType<typeof runCommand>,
  message: string | RegExp,
  code = 1,
): Promise<void> {
  const { stdout, stderr, ...found } = await outcome;
  expect({ ...found, stdout, stderr }).toMatchObject({ code, stdout: '' });
  const said = () => {
    throw new Error(stderr.split('\n').find((line) => line.startsWith('error: ')));
  };
  expect(said).toThrow(message);
}

describe('images', () => {
  it('that do not exist are named', async () => {
    await expectFailure(trainFolder(), `'${images}' does not exist`);
  });

  it('are missed in an empty folder, by their kinds', async () => {
    mkdirSync(images);
    await expectFailure(trainFolder(), /holds no files of kinds \.png .*, it is empty/);
  });

  it('are missed in a folder of other files, which are counted', async () => {
    mkdirSync(images);
    writeFileSync(join(images, 'notes.txt'), 'x');
    await expectFailure(trainFolder(), /only 1 others: 1 \.txt/);
  });

  it('that are text named .png are refused when there is no other', async () => {
    mkdirSync(images);
    writeFileSync(join(images, 'a.png'), 'no picture at all');
    await expectFailure(trainFolder(), /none of the 1 images can be read.*a\.png: not a PNG, JPEG, WebP or TIFF file/);
  });

  it('that are text, or a JPEG cut short, are skipped with a count beside whole ones', async () => {
    await writeImages(images, 3);
    writeFileSync(join(images, 'text.png'), 'no picture at all');
    await writeTruncatedJpeg(join(images, 'cut.jpg'));
    const words = ['segment', images, '-k', '2', '--out', out, '--json', ...TINY];
    const { code, stdout, stderr } = await runCommand(...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ images: 3, skipped: 2 });
    expect(stderr).toMatch(/skipped 1 unreadable: .*text\.png \(not a PNG, JPEG, WebP or TIFF file\)/);
    expect(stderr).toMatch(/skipped 1 unreadable: .*cut\.jpg \(/);
    expect(readdirSync(join(out, 'masks'))).toEqual(['a.png', 'b.png', 'c.png']);
  });

  it('that cannot be read are refused with --strict', async () => {
    await writeImages(images, 2);
    writeFileSync(join(images, 'text.png'), 'no picture at all');
    await expectFailure(trainFolder('--strict'), /folder: cannot read 1 unreadable: .*text\.png/);
    expect(existsSync(join(out, 'config.json'))).toBe(false);
  });

  it('cut short are refused with --strict', async () => {
    await writeImages(images, 2);
    await writeTruncatedJpeg(join(images, 'cut.jpg'));
    await expectFailure(trainFolder('--strict'), /folder: cannot read 1 unreadable: .*cut\.jpg/);
  });

  it('smaller than the crop are refused before training, with the size that would do', async () => {
    await writeImages(images, 2);
    await writeImage(join(images, 'small.png'), { height: 20, width: 64 });
    await expectFailure(trainFolder(), /image 'small' is 20x64, smaller than the crop of 32x32.*--crop 20x32/);
    expect(readdirSync(base)).not.toContain('out');
  });

  it('of other numbers of bands are named', async () => {
    await writeImages(images, 2);
    await writeImage(join(images, 'three.webp'));
    await writeLabel(join(images, 'one.png'));
    expect((await trainFolder()).code).toBe(0);
  });
});

describe('labels', () => {
  const evaluate = (...more: string[]) =>
    runCommand('evaluate', out, '--dataset', 'folder', '--images', images, '--labels', labels, ...more, '--json');
  beforeEach(async () => {
    await writeImages(images, 2);
    await succeed(...folderWords());
  });

  it('of another size than their image are named, with both sizes', async () => {
    await writeLabel(join(labels, 'a.png'), { height: 30 });
    await writeLabel(join(labels, 'b.png'));
    await expectFailure(evaluate(), /label '.*a\.png' is 30x36, its image '.*a\.png' is 32x36/);
  });

  it('whose ids the map does not name are an error, with the ids', async () => {
    for (const name of ['a', 'b']) await writeLabel(join(labels, `${name}.png`), { upper: 7, lower: 9 });
    const map = join(base, 'map.json');
    writeFileSync(map, '{"classes": ["sky", "ground"], "map": {"0": 0, "1": 1}}');
    await expectFailure(evaluate('--label-map', map), /no pixel .* holds ids 7, 9, the label map names 0, 1/);
  });

  it('are ignored where only some ids are outside of the map', async () => {
    for (const name of ['a', 'b']) await writeLabel(join(labels, `${name}.png`), { upper: 0, lower: 9 });
    const map = join(base, 'map.json');
    writeFileSync(map, '{"classes": ["sky", "ground"], "map": {"0": 0, "1": 1}}');
    const { code, stdout } = await evaluate('--label-map', map);
    expect({ code, pixels: JSON.parse(stdout).pixels }).toEqual({ code: 0, pixels: 2 * 16 * 36 });
  });

  it('fail with a label map that is no JSON, or no map, which is wrong use', async () => {
    await writeLabel(join(labels, 'a.png'));
    const map = join(base, 'map.json');
    writeFileSync(map, '{"classes": ');
    await expectFailure(evaluate('--label-map', map), `--label-map ${map} cannot be read as JSON`, 2);
    writeFileSync(map, '{"classes": ["one"], "map": {"0": 3}}');
    await expectFailure(evaluate('--label-map', map), 'class 3 of only 1');
  });

  it('are needed', async () => {
    const outcome = runCommand('evaluate', out, '--dataset', 'folder', '--images', images);
    await expectFailure(outcome, 'evaluate needs labels: add --labels DIR.', 2);
  });
});

describe('clusters', () => {
  it('more than a crop has pixels are refused', async () => {
    await writeImages(images, 2);
    const words = ['segment', images, '-k', '65', '--out', out, ...TINY, '--crop', '8', '--long-side', '32'];
    await expectFailure(runCommand(...words), /65 clusters, but a crop of 8x8 has 64 pixels/);
  });

  it('more than the labelled pixels of a baseline are refused', async () => {
    await writeImages(images, 1, { height: 8, width: 8 });
    await writeLabel(join(labels, 'a.png'), { height: 8, width: 8 });
    const dataset = ['--dataset', 'folder', '--images', images, '--labels', labels];
    await expectFailure(runCommand('baseline', 'kmeans', ...dataset, '--clusters', '99'), /99/);
  });

  it('are asked for where there are no classes', async () => {
    await writeImages(images, 1);
    const outcome = runCommand('train', '--dataset', 'folder', '--images', images, '--out', out);
    await expectFailure(outcome, '--clusters is needed where the dataset has no classes.', 2);
  });

  it('and every other fault of the configuration are named at once', async () => {
    await writeImages(images, 1);
    const outcome = trainFolder('--crop', '32x16', '--half-window', '40');
    await expectFailure(outcome, /half window of 40/);
  });
});

describe('output folder', () => {
  const train = (...more: string[]) => runCommand('train', ...TINY_MOSAIC, '--out', out, ...TINY, ...more);

  it('that is not empty is refused, and left as it was', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'thesis.tex'), 'mine');
    await expectFailure(train(), `--out ${out} is not empty. Name another folder, or add --force to replace it.`);
    await expectFailure(
      runCommand('segment', base, '-k', '2', '--out', out),
      /holds no files|none of the|is not empty/,
    );
    expect(readdirSync(out)).toEqual(['thesis.tex']);
  });

  it('that cannot be written is named', async () => {
    writeFileSync(out, '');
    await expectFailure(
      runCommand('train', ...TINY_MOSAIC, '--out', join(out, 'run'), ...TINY),
      /--out .*run cannot be written: ENOTDIR.*Name another folder\./,
    );
  });

  it('is replaced with --force, but for what is not ours', async () => {
    expect((await train()).code).toBe(0);
    const first = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
    writeFileSync(join(out, 'thesis.tex'), 'mine');
    expect((await train('--force', '--seed', '5')).code).toBe(0);
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).not.toBe(first);
    expect(readFileSync(join(out, 'thesis.tex'), 'utf8')).toBe('mine');
  });

  it('with a living trainer in it is refused, also with --force and --resume', async () => {
    expect((await train()).code).toBe(0);
    writeFileSync(
      join(out, '.lock'),
      JSON.stringify({ pid: process.ppid, host: (await import('node:os')).hostname() }),
    );
    for (const flag of ['--force', '--resume'])
      await expectFailure(train(flag), `is in use by process ${process.ppid}`);
    expect(existsSync(join(out, 'config.json'))).toBe(true);
  });
});

describe('run folder', () => {
  it('that is none is refused by every command that reads one', async () => {
    await writeImages(images, 1);
    const message = `${base} is not a run: it has no config.json`;
    await expectFailure(runCommand('report', base), message);
    await expectFailure(runCommand('evaluate', base, ...TINY_MOSAIC), message);
    await expectFailure(runCommand('predict', base, images, '--out', out), message);
  });

  it('of another version is refused', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'config.json'), '{"version": 7}');
    await expectFailure(
      runCommand('report', out),
      `${out} was written as run version 7; this program reads version 1.`,
    );
    await expectFailure(
      runCommand('train', ...TINY_MOSAIC, '--out', out, '--resume', ...TINY),
      `${out} was written as run version 7`,
    );
  });

  it('whose configuration was damaged is refused', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'config.json'), '{"version": 1, "config": {"clusters": "many"}}');
    await expectFailure(runCommand('report', out), /config\.json is not a configuration of this program/);
  });
});
