import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { useEngine } from '@autoregseg/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { succeed, tinyTraining } from '../commands/run-command.fixture.js';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { decodeSafetensors, type NamedArray } from '../run/safetensors.js';
import type { SessionState } from '../training/session-state.js';
import { ALONE } from './communicator.js';
import { HAS_MPI, HAS_MPICH, mpichExec, mpirun, processOfRank } from './mpirun.fixture.js';
import { trainings } from './trainings.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-mpirun-'));
beforeAll(() => useEngine('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));
if (!HAS_MPI) console.warn('mpirun of Open MPI is not installed: the tests of several processes are skipped');
if (!HAS_MPICH) console.warn('mpiexec.hydra of MPICH is not installed: its tests are skipped');
const LAUNCHERS = [
  { launcher: 'Open MPI', present: HAS_MPI, run: mpirun },
  { launcher: 'MPICH', present: HAS_MPICH, run: mpichExec },
].filter(({ present }) => present);

describe.skipIf(LAUNCHERS.length === 0)('processes that share each batch', () => {
  let alone: Record<string, NamedArray>;
  beforeAll(async () => (alone = await trainings(ALONE)));

  const cases = LAUNCHERS.flatMap((launcher) => [2, 4].map((processes) => ({ ...launcher, processes })));
  it.each(cases)('$processes of $launcher take the steps of one, to 1e-5 in every weight', async (job) => {
    const { launcher, processes, run } = job;
    const out = join(folder, `${launcher}-${processes}.safetensors`);
    const { code, stderr } = await run(processes, 'src/distributed/trainings.fixture.ts', out).ended;
    expect(code, stderr).toBe(0);
    const { tensors, metadata } = decodeSafetensors(readFileSync(out));
    expect(metadata.processes).toBe(String(processes));
    expect(Object.keys(tensors)).toEqual(Object.keys(alone));
    const differing = Object.keys(alone).filter((name) => !isSame(name, tensors[name], alone[name]));
    expect(differing).toEqual([]);
  });

  /**
   * Weights and gauges to 1e-5. Moments are those of gradients, whose float32 sums are added in another order, and whose
   * ReLU may switch at a rounding error: to three thousandths of their largest.
   */
  function isSame(name: string, a: NamedArray, b: NamedArray): boolean {
    const largest = b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const tolerance = name.includes('optimizer.') ? Math.max(3e-3 * largest, 1e-8) : 1e-5;
    return a.data.every((value, i) => Math.abs(value - b.data[i]) <= tolerance);
  }
});

describe.skipIf(!HAS_MPI)('a job of two processes', () => {
  const train = (out: string, steps: number) => tinyTraining(join(folder, out), steps);
  const newest = (out: string) => readNewestCheckpoint<SessionState>(join(folder, out))!.step;

  it('ends when one is killed, and is gone on with by one process alone', async () => {
    const job = mpirun(2, 'src/cli.ts', ...train('killed', 10_000));
    await written('killed');
    const [first, second] = [0, 1].map((rank) => processOfRank(job.process.pid!, rank));
    process.kill(second, 'SIGKILL');
    const { code, signal, stderr } = await job.ended;
    expect(code ?? signal, stderr).not.toBe(0);
    expect(stderr).toContain(
      '2 processes share each batch; should one die, all end, and the same command with --resume',
    );
    expect(stderr).toMatch(/exited on signal 9/);
    // mpirun does not wait for those that it kills.
    while (existsSync(`/proc/${first}`)) await sleep(20);
    const step = newest('killed');
    await succeed(...train('killed', step + 2), '--resume');
    expect(newest('killed')).toBe(step + 2);
  });

  it.skipIf(!HAS_MPICH)('ends under MPICH too when one dies, and is gone on with by two of Open MPI', async () => {
    const job = mpichExec(2, 'src/cli.ts', ...train('dead', 10_000));
    await written('dead');
    process.kill(processOfRank(job.process.pid!, 1), 'SIGKILL');
    const { code, signal, stdout, stderr } = await job.ended;
    expect(code ?? signal, stderr).not.toBe(0);
    expect(stdout + stderr).toMatch(/KILLED BY SIGNAL: 9|Killed \(signal 9\)/);
    const step = newest('dead');
    const { code: again, stderr: said } = await mpirun(2, 'src/cli.ts', ...train('dead', step + 2), '--resume').ended;
    expect(again, said).toBe(0);
    expect(newest('dead')).toBe(step + 2);
  });

  it('stops together after a signal to mpirun, each step and checkpoint whole', async () => {
    const job = mpirun(2, 'src/cli.ts', ...train('stopped', 10_000));
    await written('stopped');
    job.process.kill('SIGUSR2');
    const { code, stderr } = await job.ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/stopped at step \d+; the same command with --resume goes on/);
    expect(JSON.parse(readFileSync(join(folder, 'stopped', 'manifest.json'), 'utf8'))).toMatchObject({
      status: 'interrupted',
      step: newest('stopped'),
    });
  });

  it('is ended by an error of one, which says whose it was', async () => {
    const job = mpirun(2, 'src/cli.ts', ...train('small', 2), '--batch-size', '1');
    const { code, stderr } = await job.ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(
      'error: process 0 of 2: training: 2 processes cannot share a batch of 1: take --batch-size 2.',
    );
  });

  /** Until there is a checkpoint after the first. */
  async function written(out: string): Promise<void> {
    const checkpoints = join(folder, out, 'checkpoints');
    while (!existsSync(checkpoints) || !readdirSync(checkpoints).some((name) => /[2-9]\.safetensors$/.test(name))) {
      await sleep(20);
    }
  }
});
