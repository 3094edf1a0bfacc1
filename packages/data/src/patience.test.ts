import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodingPatienceMs } from './patience.js';

afterEach(() => vi.unstubAllEnvs());

describe('value', () => {
  it('is two seconds, and a quarter of one for each mebibyte', () => {
    expect(decodingPatienceMs(0)).toBe(2000);
    expect(decodingPatienceMs(2 ** 20)).toBe(2250);
    expect(decodingPatienceMs(200 * 2 ** 20)).toBe(52_000);
  });

  it('is what AUTOREGSEG_DECODE_SECONDS allows for any file, where that is a number above 0', () => {
    vi.stubEnv('AUTOREGSEG_DECODE_SECONDS', '30');
    expect(decodingPatienceMs(2 ** 20)).toBe(30_250);
    vi.stubEnv('AUTOREGSEG_DECODE_SECONDS', 'long');
    expect(decodingPatienceMs(0)).toBe(2000);
  });
});
