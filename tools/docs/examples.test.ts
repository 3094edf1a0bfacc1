/** The examples of docs/plug-in.md as they stand, each cut to two steps and few images: that they run, on the sources. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const EXAMPLES = resolve(import.meta.dirname, '../../docs/examples');
const METHODS = ['simclr', 'byol', 'barlow-twins', 'vicreg', 'swav'] as const;

beforeAll(() => {
  vi.stubEnv('STEPS', '2');
  vi.stubEnv('IMAGES', '8');
  vi.stubEnv('PROBE_STEPS', '2');
});
afterAll(() => void vi.unstubAllEnvs());

describe('a worked example', () => {
  it.each(METHODS)('of %s has fewer than 60 lines, trains and probes', async (name) => {
    const file = join(EXAMPLES, `${name}.mjs`);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    await import(file);
    log.mockRestore();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ on orderings: \d+\.\d % before, \d+\.\d % after$/);
  });
});
