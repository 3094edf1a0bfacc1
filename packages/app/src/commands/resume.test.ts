/** Stopping and going on, by the command line: --resume, Ctrl-C, and SIGKILL at any moment. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { readMetrics } from '../run/metrics.js';
import type { SessionState } from '../training/session-state.js';
import type { RunManifest } from '../run/run-manifest.js';
import { killAndResume } from './kill-and-resume.fixture.js';
import { runCommand, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { spawnCommand } from './spawn-command.fixture.js';

let base: string;
let out: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'autoregseg-resume-'));
  out = join(base, 'run');
});
afterEach(() => rmSync(base, { recursive: true }));

const words = (...more: string[]) => ['train', ...TINY_MOSAIC, '--out', out, ...TINY, ...more];
const train = (...more: string[]) => runCommand(...words(...more));
const manifest = (): RunManifest => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as RunManifest;
const newest = (run = out) => readNewestCheckpoint<SessionState>(run)!;

describe('--resume', () => {
  it('starts a run where there is none', async () => {
    expect((await train('--resume')).code).toBe(0);
    expect(newest().step).toBe(2);
  });

  it('starts a run that was killed before its first checkpoint', async () => {
    expect((await train()).code).toBe(0);
    rmSync(join(out, 'checkpoints'), { recursive: true });
    writeFileSync(join(out, '.lock'), '{"pid": 1, "he');
    writeFileSync(join(out, 'manifest.json.4711.tmp'), '{');
    expect((await train('--resume')).code).toBe(0);
    expect(newest().step).toBe(2);
    expect(readMetrics(join(out, 'metrics.jsonl')).map(({ step }) => step)).toEqual([1, 2]);
    expect(readdirSync(out).filter((name) => /tmp|lock/.test(name))).toEqual([]);
  });

  it('of a finished run changes nothing and is done', async () => {
    expect((await train()).code).toBe(0);
    const before = [newest(), manifest()] as const;
    const { code, stdout } = await train('--resume', '--json');
    expect({ code, step: (JSON.parse(stdout) as RunManifest).step }).toEqual({ code: 0, step: 2 });
    expect(newest()).toEqual(before[0]);
    expect({ ...manifest(), updatedAt: '' }).toEqual({ ...before[1], updatedAt: '' });
    expect(manifest().status).toBe('finished');
  });

  it('goes on from a former checkpoint where the newest is damaged, and says so', async () => {
    expect((await train('--checkpoint-every', '1')).code).toBe(0);
    const whole = newest();
    writeFileSync(join(out, 'checkpoints', 'step-00000002.safetensors'), 'half');
    const { code, stderr } = await train('--checkpoint-every', '1', '--resume');
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: .*step-00000002\.safetensors is damaged .*looking for the checkpoint before it/);
    expect(newest().tensors).toEqual(whole.tensors);
  });

  it('keeps the choices of the run, and says which ones were asked for anew', async () => {
    expect((await train()).code).toBe(0);
    const { code, stderr } = await train('--resume', '--learning-rate', '0.5', '--size', '40');
    expect(code).toBe(0);
    expect(stderr).toContain(
      "--resume keeps the run's own learningRate, dataset; to change it, train into another folder",
    );
  });

  it('makes a run longer', async () => {
    expect((await train()).code).toBe(0);
    expect((await train('--resume', '--steps', '3')).code).toBe(0);
    expect(newest().step).toBe(3);
  });
});

describe('Ctrl-C', () => {
  it('writes a checkpoint, says how to go on, exits with 130, and --resume ends where an undisturbed run does', async () => {
    const longer = ['--steps', '40', '--checkpoint-every', '30'];
    const running = spawnCommand(...words(...longer, '--json'));
    await running.said('training 1/40');
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    const { step } = newest();
    expect({ code, status: manifest().status }).toEqual({ code: 130, status: 'interrupted' });
    expect(stderr).toContain(`stopped at step ${step}; the same command with --resume goes on`);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted', step });
    expect(existsSync(join(out, '.lock'))).toBe(false);
    expect((await train(...longer, '--resume')).code).toBe(0);
    const other = join(base, 'other');
    expect((await runCommand('train', ...TINY_MOSAIC, '--out', other, ...TINY, ...longer)).code).toBe(0);
    expect(newest().tensors).toEqual(newest(other).tensors);
    expect(readMetrics(join(out, 'metrics.jsonl')).map(({ step }) => step)).toEqual(
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
  });
});

describe('SIGKILL', () => {
  it('after the last step, while what segments is chosen, loses no step, and --resume ends where an undisturbed run does', async () => {
    const running = spawnCommand(...words());
    await running.said('all steps taken');
    running.process.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(newest()).toMatchObject({ step: 2, state: { fitted: false } });
    const { code, stderr } = await train('--resume');
    expect(code).toBe(0);
    expect(stderr).toContain('from step 2');
    const other = join(base, 'other');
    expect((await runCommand('train', ...TINY_MOSAIC, '--out', other, ...TINY)).code).toBe(0);
    expect(newest().tensors).toEqual(newest(other).tensors);
    expect(newest().state.distilled).toBe(newest(other).state.distilled);
    expect(newest().state.distilled).toBeDefined();
  });

  it('at random moments, also inside of a write, ends in the weights of the undisturbed run, bit for bit', async () => {
    const { undisturbed, resumed, kills, insideWrite } = await killAndResume({
      folder: base,
      kills: 3,
      steps: 12,
      seed: 1,
    });
    expect({ kills, insideWrite }).toMatchObject({ kills: 3, insideWrite: expect.any(Number) });
    expect(resumed).toEqual(undisturbed);
  });
});
