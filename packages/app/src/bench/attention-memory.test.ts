/** The promise of masked attention: a map of 100 x 100 in less than 2 GiB, forwards and backwards, in a process of its own. */
import { describe, expect, it } from 'vitest';
import { spawnCommand } from '../commands/spawn-command.fixture.js';

/** wasm, where there is nothing else, takes a minute. */
const SLOWEST = 300_000;

describe('memory', () => {
  it(
    'stays below 2 GiB at the peak, engine and program included',
    async () => {
      const command = spawnCommand('bench', 'attention', '--size', '100x100', '--rounds', '1', '--json');
      const { code, stdout, stderr } = await command.ended;
      expect(code, stderr).toBe(0);
      const result = JSON.parse(stdout) as Record<string, number>;
      expect(result).toMatchObject({ benchmark: 'attention', height: 100, width: 100, batchSize: 1 });
      expect(result.peakMemoryMb).toBeLessThan(2048);
    },
    SLOWEST,
  );
});
