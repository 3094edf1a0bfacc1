import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareOutputFolder, readRunFile, writeRunFile } from './run-folder.js';

let base: string;
let out: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'autoregseg-run-'));
  out = join(base, 'out');
});
afterEach(() => rmSync(base, { recursive: true }));

describe('output folder', () => {
  it('is made, with its parents', () => {
    prepareOutputFolder(join(out, 'deep'));
    expect(existsSync(join(out, 'deep'))).toBe(true);
  });

  it('is refused when it holds something', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'thesis.tex'), 'mine');
    expect(() => prepareOutputFolder(out)).toThrow(
      `--out ${out} is not empty. Name another folder, or add --force to replace it.`,
    );
  });

  it('loses with force what this program wrote, and nothing else', () => {
    mkdirSync(join(out, 'checkpoints'), { recursive: true });
    writeFileSync(join(out, 'config.json'), '{}');
    writeFileSync(join(out, 'thesis.tex'), 'mine');
    prepareOutputFolder(out, { force: true });
    expect(existsSync(join(out, 'config.json'))).toBe(false);
    expect(existsSync(join(out, 'checkpoints'))).toBe(false);
    expect(readFileSync(join(out, 'thesis.tex'), 'utf8')).toBe('mine');
  });

  it('keeps all that it holds where a command writes beside it', () => {
    mkdirSync(join(out, 'checkpoints'), { recursive: true });
    writeFileSync(join(out, 'config.json'), '{}');
    prepareOutputFolder(out, { force: true, replace: false });
    expect(existsSync(join(out, 'config.json'))).toBe(true);
    expect(existsSync(join(out, 'checkpoints'))).toBe(true);
    expect(() => prepareOutputFolder(out, { replace: false })).toThrow('is not empty');
  });

  it('counts as empty where a trainer was killed before it wrote anything of worth', () => {
    mkdirSync(out);
    writeFileSync(
      join(out, '.lock'),
      JSON.stringify({ pid: spawnSync(process.execPath, ['--version']).pid, host: hostname() }),
    );
    writeFileSync(join(out, 'config.json.4711.tmp'), '{"vers');
    // Refusing is all that it could do with such a folder.
    expect(() => prepareOutputFolder(out)).not.toThrow();
  });

  it('is protected from --force by the lock of a living trainer', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'config.json'), '{}');
    writeFileSync(join(out, '.lock'), JSON.stringify({ pid: process.ppid, host: hostname() }));
    expect(() => prepareOutputFolder(out, { force: true })).toThrow(/is in use by process/);
    expect(existsSync(join(out, 'config.json'))).toBe(true);
  });

  it('is refused when it is a file', () => {
    writeFileSync(out, '');
    expect(() => prepareOutputFolder(out, { force: true })).toThrow(`--out ${out} is a file. Name a folder.`);
  });

  it('is refused when it cannot be made', () => {
    writeFileSync(out, '');
    const below = join(out, 'run');
    expect(() => prepareOutputFolder(below)).toThrow(/^--out .* cannot be written: ENOTDIR.*Name another folder\.$/);
  });
});

describe('run files', () => {
  it('come back as they were written', () => {
    prepareOutputFolder(out);
    writeRunFile(out, 'config.json', { a: [1, 2] });
    expect(readRunFile(out, 'config.json')).toEqual({ version: 1, a: [1, 2] });
  });

  it('are missing in a folder that is no run', () => {
    expect(() => readRunFile(out, 'config.json')).toThrow(/is not a run: it has no config.json/);
  });

  it('of another version are refused', () => {
    prepareOutputFolder(out);
    writeFileSync(join(out, 'config.json'), '{"version": 99}');
    expect(() => readRunFile(out, 'config.json')).toThrow(
      /was written as run version 99; this program reads version 1\. Use the release/,
    );
  });

  it('that are no JSON are named', () => {
    prepareOutputFolder(out);
    writeFileSync(join(out, 'manifest.json'), '{"version": ');
    expect(() => readRunFile(out, 'manifest.json')).toThrow(/manifest.json is not valid JSON/);
  });
});
