import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repairTar } from '../test/repair-tar.js';
import { batches } from './batches.js';
import { openDataset } from './open-dataset.js';
import { readTarIndex } from './tar-index.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-shards-'));
afterAll(() => rmSync(root, { recursive: true }));

const labelMap = { classes: ['dark', 'light'], map: { '0': 0, '1': 1 } };
const long = 'a-name-longer-than-the-hundred-bytes-of-a-header'.repeat(3);

/** Two archives by GNU tar, in two formats: colour images of value 10 * n with labels, one grey, one broken. */
beforeAll(async () => {
  for (const [place, format] of ['gnu', 'pax'].entries()) {
    const folder = join(root, `in-${place}`);
    mkdirSync(folder);
    for (const name of place === 0 ? ['0001', long] : ['0001', '0002', '0003']) {
      const grey = name === '0002';
      const value = 10 * (place + 1);
      const image = sharp({ create: { width: 4, height: 3, channels: 3, background: { r: value, g: value, b: 90 } } });
      await (grey ? image.toColourspace('b-w') : image).png().toFile(join(folder, `${name}.png`));
      await sharp(Buffer.from([0, 1, 7, 0, 1, 7, 0, 1, 7, 0, 1, 7]), { raw: { width: 4, height: 3, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toFile(join(folder, `${name}.seg.png`));
      if (name === '0003') writeFileSync(join(folder, `${name}.png`), 'no picture');
    }
    writeFileSync(join(folder, 'README'), 'no sample');
    execFileSync('tar', [
      '--sort=name',
      `--format=${format}`,
      '-cf',
      join(root, `s-00${place}.tar`),
      '-C',
      folder,
      '.',
    ]);
  }
});

describe('shards: value', () => {
  it('joins the files of a sample, over archives, and reads them from their places', async () => {
    const warnings: string[] = [];
    const dataset = openDataset(
      { dataset: 'shards', shards: join(root, 's-{000..001}.tar'), labelMap },
      { onWarning: (text) => warnings.push(text) },
    );
    expect(dataset.ids).toEqual(['s-000/0001', `s-000/${long}`, 's-001/0001', 's-001/0002', 's-001/0003']);
    expect([dataset.channels, dataset.classes]).toEqual([3, ['dark', 'light']]);
    const { image, label } = await dataset.get(1);
    expect(image.shape).toEqual([3, 4, 3]);
    expect([...image.data.subarray(0, 3)].map((value) => Math.round(255 * value))).toEqual([10, 10, 90]);
    expect([...label!]).toEqual([0, 1, 255, 0, 1, 255, 0, 1, 255, 0, 1, 255]);
    expect((await dataset.get(3)).image.shape).toEqual([3, 4, 3]);
    await expect(dataset.get(4)).rejects.toThrow('s-001.tar: ./0003.png: not a PNG, JPEG, WebP or TIFF file');
    await expect(dataset.get(4)).rejects.toThrow('not a PNG');
    expect(warnings).toHaveLength(1);
  });

  it('is shuffled and cropped as any dataset', async () => {
    const dataset = openDataset({ dataset: 'shards', shards: [root] });
    const { value } = await batches(dataset, { batchSize: 5, crop: [2, 2], seed: 3 }).next();
    expect(value.shape).toEqual([5, 2, 2, 3]);
    expect(new Set(value.ids).size).toBe(4);
  });

  it('lists what GNU tar lists', () => {
    const file = join(root, 's-000.tar');
    const listed = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(readTarIndex(file).map(({ name }) => name)).toEqual(listed.filter((name) => !name.endsWith('/')));
  });
});

describe('shards: error', () => {
  it('says what is wrong with an archive', () => {
    const open = (shards: string) => openDataset({ dataset: 'shards', shards });
    expect(() => open(join(root, 'none'))).toThrow(`shards: '${join(root, 'none')}' does not exist`);
    const packed = join(root, 'packed.tar.gz');
    execFileSync('tar', ['-czf', packed, '-C', join(root, 'in-0'), '.']);
    writeFileSync(packed, Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(600, 1)]));
    expect(() => open(packed)).toThrow(`'${packed}' is no tar archive: it is packed by gzip, unpack it (gunzip)`);
    const cut = join(root, 'cut.tgz');
    execFileSync('tar', ['--sort=name', '-cf', cut, '-C', join(root, 'in-1'), '.']);
    truncateSync(cut, 1100);
    expect(() => open(cut)).toThrow(/^tar archive '.*cut\.tgz' is cut off: '\.\/0001\.png' needs \d+ bytes of 1100$/);
  });

  // It led back to its own header, for ever.
  it.each(['-1024', 'some'])('refuses an archive that says a size of %s', (size) => {
    const file = join(root, `size${size}.tar`);
    const record = `size=${size}\n`;
    const line = `${record.length + 3} ${record}`;
    const header = (type: string, bytes: number) => {
      const block = Buffer.alloc(512);
      block.write('a.png', 0);
      block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
      block.write(type, 156);
      block.write('ustar', 257);
      return block;
    };
    const data = Buffer.alloc(512);
    data.write(line);
    const archive = Buffer.concat([header('x', line.length), data, header('0', 0), Buffer.alloc(1024)]);
    writeFileSync(file, repairTar(archive));
    const said = `tar archive '${file}' is damaged at byte 1024: it says a size of ${Number(size)}`;
    expect(() => readTarIndex(file)).toThrow(new RangeError(said));
  });
});
