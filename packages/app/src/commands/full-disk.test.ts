/**
 * A disk that is full while a checkpoint or a report is written: a file system of a few hundred kilobytes where the test may
 * mount one (root on Linux), and everywhere a limit on the size of files, which fails at the same call.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { SOURCES, spawnCommand, spawnProgram, type RunningCommand } from './spawn-command.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-full-disk-'));
const run = join(base, 'run');
const words = ['train', ...TINY_MOSAIC, '--out', run, ...TINY, '--stem-channels', '64'];
beforeAll(() => succeed(...words));
afterAll(() => rmSync(base, { recursive: true }));

/** The command line where no file can grow beyond so many kibibytes. */
function withFilesUpTo(kibibytes: number, ...words: readonly string[]): RunningCommand['ended'] {
  const script = `ulimit -f ${kibibytes}; exec "$0" "$@"`;
  return spawnProgram('bash', ['-c', script, process.execPath, ...SOURCES, ...words]).ended;
}

/** All files of a run, with what is in them. */
function contents(run: string): Record<string, string> {
  const names = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')]),
  );
}

describe.skipIf(process.platform === 'win32')('files that may not grow', () => {
  it('while a checkpoint is written is named, and leaves the checkpoint before whole and no half file', async () => {
    const before = readNewestCheckpoint(run);
    const { code, stdout, stderr } = await withFilesUpTo(400, ...words, '--steps', '3', '--resume', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /error: cannot write .*step-00000003\.safetensors: EFBIG.*Free space or choose another folder\./,
    );
    expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-00000002.safetensors']);
    expect(readNewestCheckpoint(run)).toEqual(before);
    expect(readdirSync(run).filter((name) => /tmp|lock/.test(name))).toEqual([]);
    const { status } = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8')) as { status: string };
    expect(status).toBe('failed');
  });

  it('while a report is written is named, and leaves the report before whole', async () => {
    const before = contents(run);
    const { code, stderr } = await withFilesUpTo(40, 'report', run, '--engine', 'wasm');
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: cannot write .*report\.html: EFBIG.*Free space or choose another folder\./);
    expect(contents(run)).toEqual(before);
  });
});

/** A file system that holds the run and little more. */
const disk = join(base, 'disk');
mkdirSync(disk);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'autoregseg-test', disk]).status === 0;
if (!mounted) console.warn('full-disk: no file system can be mounted here, so a disk that is really full is left out');

describe.runIf(mounted)('a full disk', () => {
  const full = join(disk, 'run');
  beforeAll(() => {
    cpSync(run, full, { recursive: true });
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'filler'), new Uint8Array(Math.max(0, bavail * bsize - 48 * 1024)));
  });
  afterAll(() => execFileSync('umount', [disk]));

  it('while a checkpoint is written: the error is named, the checkpoint before is whole, no half file stays', async () => {
    const before = readNewestCheckpoint(full);
    const resumed = words.map((word) => (word === run ? full : word));
    const { code, stdout, stderr } = await spawnCommand(...resumed, '--steps', '3', '--resume', '--json').ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /error: cannot write .*step-00000003\.safetensors: ENOSPC.*Free space or choose another folder\./,
    );
    expect(readdirSync(join(full, 'checkpoints'))).toEqual(['step-00000002.safetensors']);
    expect(readNewestCheckpoint(full)).toEqual(before);
    expect(readdirSync(full).filter((name) => /tmp|lock/.test(name))).toEqual([]);
  });

  it('while a report is written: the error is named, the report before is whole', async () => {
    const before = contents(full);
    const { code, stderr } = await spawnCommand('report', full, '--engine', 'wasm').ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: cannot write .*report\.html: ENOSPC.*Free space or choose another folder\./);
    expect(contents(full)).toEqual(before);
  });
});
