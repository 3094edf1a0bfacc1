/** A disk that is full while a checkpoint or a report is written; a limit on the size of files stands in for it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { SOURCES, spawnProgram, type RunningCommand } from './spawn-command.fixture.js';

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

/** All files of the run, with what is in them. */
function contents(): Record<string, string> {
  const names = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')]),
  );
}

describe.skipIf(process.platform === 'win32')('a full disk', () => {
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
    const before = contents();
    const { code, stderr } = await withFilesUpTo(40, 'report', run, '--engine', 'wasm');
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: cannot write .*report\.html: EFBIG.*Free space or choose another folder\./);
    expect(contents()).toEqual(before);
  });
});
