/** What whoever has no onnxruntime-node is told: by `--backbone` alone, and how to go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCommand, TINY } from '../commands/run-command.fixture.js';
import { writeImages } from '../commands/small-images.fixture.js';

vi.mock('onnxruntime-node', () => {
  throw new Error("Cannot find package 'onnxruntime-node'");
});

const base = mkdtempSync(join(tmpdir(), 'autoregseg-no-runtime-'));
const images = join(base, 'images');
beforeAll(() => writeImages(images, 2));
afterAll(() => rmSync(base, { recursive: true }));

const segment = (out: string) => ['segment', images, '-k', '2', '--out', join(base, out), ...TINY] as const;

it('says what to install where a backbone is asked for', async () => {
  const { code, stdout, stderr } = await runCommand(...segment('with'), '--backbone', 'vit.onnx', '--json');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /error: a --backbone needs onnxruntime-node, which cannot be loaded\. Install it with: npm install onnxruntime-node/,
  );
});

it('asks for nothing where none is', async () => {
  expect((await runCommand(...segment('without'))).code).toBe(0);
});
