/** Several seeds by one command: what is said of them, and what is refused. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HAS_MPI, mpirun } from '../distributed/mpirun.fixture.js';
import type { RunManifest } from '../run/run-manifest.js';
import { runCommand, TINY, TINY_MOSAIC } from './run-command.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-seeds-'));
afterAll(() => rmSync(base, { recursive: true }));
const train = (out: string) => ['train', ...TINY_MOSAIC, ...TINY, '--seeds', '2', '--out', join(base, out)];

describe('--seeds', () => {
  it('trains that many, says how far the orderings of each agree, and leaves a run', async () => {
    const { code, stdout, stderr } = await runCommand(...train('two'), '--json');
    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as RunManifest).seeds).toHaveLength(2);
    expect(stderr).toContain('training seed 2 of 2');
    expect(stderr).toMatch(/seed 1: orderings agree -?\d\.\d{3} beyond chance/);
    expect(stderr).toMatch(/kept: seed [01]\n/);
    expect(existsSync(join(base, 'two', 'report.html'))).toBe(true);
  });

  it('is refused for features, which have no clusters to agree on', async () => {
    const { code, stderr } = await runCommand(...train('arl'), '--method', 'arl');
    expect({ code, made: existsSync(join(base, 'arl')) }).toEqual({ code: 2, made: false });
    expect(stderr).toContain('--seeds chooses by how far clusters agree, and --method arl learns none');
  });

  it.skipIf(!HAS_MPI)('is refused where processes share each batch', async () => {
    const { code, stderr } = await mpirun(2, 'src/cli.ts', ...train('shared')).ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('under mpirun start one command for each --seed');
  });
});
