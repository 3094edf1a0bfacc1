import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { checkHash, downloadWheel } from './wheel-download.js';
import { WHEELS, type Wheel } from './wheels.js';

// printf abc | sha256sum
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const wheel: Wheel = { ...WHEELS['linux-x64-cpu'], sha256: ABC };

describe('downloadWheel', () => {
  const sandbox = useSandbox();
  let folder = '';
  beforeEach(() => {
    folder = join(sandbox.folder, 'download');
    mkdirSync(folder);
  });

  describe('value', () => {
    it("asks pip for the pinned file of the wheel's platform, whatever the local Python, and returns its path", async () => {
      sandbox.program('python3', `echo "$@" > ${join(sandbox.folder, 'args')}; printf abc > $last/some.whl`);
      expect(await downloadWheel(wheel, folder)).toBe(join(folder, 'some.whl'));
      const args = readFileSync(join(sandbox.folder, 'args'), 'utf8');
      expect(args).toContain('-m pip download --no-deps --only-binary=:all: --require-hashes');
      expect(args).toContain('--platform manylinux2014_x86_64 --implementation cp --python-version 3.11 --abi cp311');
      expect(readFileSync(join(folder, 'requirements.txt'), 'utf8')).toBe(
        `tensorflow-cpu==2.15.1 --hash=sha256:${ABC}\n`,
      );
    });

    it('tells the bytes while pip writes them', async () => {
      sandbox.program('python3', `printf abc > $last/some.whl; /bin/sleep 1.2`);
      const seen: number[] = [];
      await downloadWheel(wheel, folder, { onBytes: (bytes) => seen.push(bytes) });
      expect(Math.max(...seen)).toBeGreaterThanOrEqual(3);
    });

    it('takes "python" where there is no "python3"', async () => {
      sandbox.program('python', 'printf abc > $last/some.whl');
      expect(await downloadWheel(wheel, folder)).toBe(join(folder, 'some.whl'));
    });
  });

  describe('error', () => {
    it('says that Python is missing', async () => {
      await expect(downloadWheel(wheel, folder)).rejects.toThrow(
        'installEngine: download: no Python found (looked for python3, python on the PATH). Install Python 3 with pip.',
      );
    });

    it.each([
      ['/usr/bin/python3: No module named pip', 'python3 has no pip ('],
      [
        'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES',
        'the package index offers another file as tensorflow-cpu 2.15.1 (',
      ],
      ['ERROR: [Errno 28] No space left on device', 'the disk is full ('],
      ['WARNING: NewConnectionError: Failed\nERROR: No matching distribution', 'the package index cannot be reached ('],
      ['ERROR: No matching distribution found', 'the package index has no tensorflow-cpu 2.15.1 ('],
      ['Segmentation fault', 'pip ended with 1 (Segmentation fault). Mend what pip says and install again.'],
    ])('knows %j', async (stderr, message) => {
      sandbox.program('python3', `echo '${stderr}' >&2; exit 1`);
      await expect(downloadWheel(wheel, folder)).rejects.toThrow(message);
    });

    it('refuses a file of another hash even when pip does not', async () => {
      sandbox.program('python3', 'printf abd > $last/some.whl');
      await expect(downloadWheel(wheel, folder)).rejects.toThrow(
        // printf abd | sha256sum
        `has SHA-256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, must have ${ABC}`,
      );
    });

    it('ends pip when it is told to stop', async () => {
      sandbox.program('python3', 'exec /bin/sleep 60');
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 200);
      await expect(downloadWheel(wheel, folder, { abort: abort.signal })).rejects.toThrow('This operation was aborted');
      expect(readdirSync(folder)).not.toContain('some.whl');
    });
  });

  it('takes the right hash for right', async () => {
    writeFileSync(join(folder, 'file'), 'abc');
    await expect(checkHash(join(folder, 'file'), ABC)).resolves.toBeUndefined();
  });
});
