import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { makeZip, type ZipEntry } from '../test/zip.js';
import { targetOf, unpackWheel } from './wheel-unpack.js';

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const sound: ZipEntry[] = [
  { name: 'tensorflow/libtensorflow_cc.so.2', data: Buffer.from('library') },
  { name: 'tensorflow/libtensorflow_framework.so.2', data: Buffer.from('framework') },
  { name: 'tensorflow/include/tensorflow/c/eager/c_api.h', data: Buffer.from('header') },
];

describe('unpackWheel', () => {
  const sandbox = useSandbox();

  /** Unpacks a zip of these entries into out/. */
  async function unpack(entries: readonly ZipEntry[], onBytes?: (bytes: number) => void): Promise<string> {
    const wheel = join(sandbox.folder, 'some.whl');
    writeFileSync(wheel, makeZip(entries));
    const out = join(sandbox.folder, 'out');
    await unpackWheel(wheel, out, { libraries, onBytes });
    return out;
  }

  describe('value', () => {
    it('writes the libraries to lib/ and the headers to include/, and counts the bytes', async () => {
      const counts: number[] = [];
      const out = await unpack(sound, (bytes) => counts.push(bytes));
      expect(readFileSync(join(out, 'lib/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
      expect(readFileSync(join(out, 'lib/libtensorflow_framework.so.2'), 'utf8')).toBe('framework');
      expect(readFileSync(join(out, 'include/tensorflow/c/eager/c_api.h'), 'utf8')).toBe('header');
      expect(counts).toEqual([7, 16, 22]);
    });

    it('passes over everything else', async () => {
      const others = ['tensorflow/python/x.py', 'tensorflow/lib.so', 'other/libtensorflow_cc.so.2', 'evil.h'];
      const out = await unpack([...others.map((name) => ({ name, data: Buffer.from('x') })), ...sound]);
      expect(
        readdirSync(out, { recursive: true }).filter((name) => /x\.py|lib\.so$|other|evil/.test(String(name))),
      ).toEqual([]);
    });

    it.each([
      ['tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
      ['tensorflow/include/tsl/platform/ctstring.h', 'include/tsl/platform/ctstring.h'],
      ['tensorflow/include/tensorflow/core/platform/ctstring.h', 'include/tensorflow/core/platform/ctstring.h'],
      ['tensorflow/include/absl/base/config.h', undefined],
      ['tensorflow/include/tsl/../../../../etc/passwd.h', undefined],
      ['tensorflow/include/tsl//x.h', undefined],
      ['tensorflow/include/tsl/x.h\n', undefined],
      ['/tensorflow/include/tsl/x.h', undefined],
      ['x/tensorflow/libtensorflow_cc.so.2', undefined],
    ])('sends %j to %j', (name, target) => {
      expect(targetOf(name, libraries)).toBe(target);
    });
  });

  describe('error', () => {
    it('refuses a name that climbs out of the folder, and writes nothing there', async () => {
      const name = 'tensorflow/include/tsl/../../../../../escaped.h';
      await expect(unpack([{ name, data: Buffer.from('x') }, ...sound])).rejects.toThrow(
        `installEngine: unpack: some.whl cannot be unpacked: invalid relative path: ${name}. Install again.`,
      );
      expect(existsSync(join(sandbox.folder, '../escaped.h'))).toBe(false);
      expect(existsSync(join(sandbox.folder, 'escaped.h'))).toBe(false);
    });

    it('refuses an absolute name', async () => {
      await expect(unpack([{ name: '/tmp/x.h', data: Buffer.from('x') }, ...sound])).rejects.toThrow(
        'cannot be unpacked: absolute path: /tmp/x.h',
      );
    });

    it('makes no symbolic link of an entry that says it is one, and follows none', async () => {
      const elsewhere = join(sandbox.folder, 'elsewhere');
      mkdirSync(elsewhere);
      const link = (name: string): ZipEntry => ({ name, data: Buffer.from(elsewhere), mode: 0o120777 });
      const out = await unpack([
        link('tensorflow/libtensorflow_cc.so.2'),
        link('tensorflow/include/tensorflow/c/eager'),
        link('tensorflow/include/tsl/'),
        { name: 'tensorflow/include/tsl/x.h', data: Buffer.from('header') },
        ...sound.slice(1),
      ]);
      const made = readdirSync(out, { recursive: true }).map((name) => lstatSync(join(out, String(name))));
      expect(made.filter((entry) => entry.isSymbolicLink())).toEqual([]);
      expect(readFileSync(join(out, 'lib/libtensorflow_cc.so.2'), 'utf8')).toBe(elsewhere);
      expect(readdirSync(elsewhere)).toEqual([]);
    });

    it('writes through no link that lies where a file goes', async () => {
      const [out, kept] = [join(sandbox.folder, 'out'), join(sandbox.folder, 'kept')];
      mkdirSync(join(out, 'lib'), { recursive: true });
      writeFileSync(kept, 'mine');
      symlinkSync(kept, join(out, 'lib/libtensorflow_cc.so.2'));
      await expect(unpack(sound)).rejects.toThrow('EEXIST');
      expect(readFileSync(kept, 'utf8')).toBe('mine');
    });

    it('refuses a header of more than a mebibyte', async () => {
      const data = Buffer.alloc(2 ** 20 + 1);
      await expect(unpack([{ name: 'tensorflow/include/tsl/x.h', data }])).rejects.toThrow(
        'tensorflow/include/tsl/x.h has 1048577 bytes, more than 1048576',
      );
    });

    it('refuses an entry that is not as long as it says', async () => {
      const lie = { name: 'tensorflow/include/tsl/x.h', data: Buffer.from('longer than three'), claimedSize: 3 };
      await expect(unpack([lie, ...sound])).rejects.toThrow('some.whl cannot be unpacked: ');
    });

    it('refuses the same entry twice', async () => {
      await expect(unpack([...sound, sound[2]])).rejects.toThrow('EEXIST');
    });

    it('names the libraries that are missing', async () => {
      await expect(unpack(sound.slice(0, 1))).rejects.toThrow(
        'some.whl cannot be unpacked: it holds no libtensorflow_framework.so.2. Install again.',
      );
    });

    it('says that a truncated file is no zip', async () => {
      const wheel = join(sandbox.folder, 'cut.whl');
      writeFileSync(wheel, makeZip(sound).subarray(0, 60));
      await expect(unpackWheel(wheel, sandbox.folder, { libraries })).rejects.toThrow(
        'cut.whl cannot be unpacked: End of central directory record signature not found',
      );
    });
  });
});
