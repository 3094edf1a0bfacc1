import { expect, it } from 'vitest';
import { benchEvaluation } from './evaluation-bench.js';

it('gives the seconds of a gigapixel and of matchings, from a small share of them', () => {
  const { gigapixelSeconds, matching27Seconds, matching1000Seconds } = benchEvaluation({ share: 1e-3 });
  expect(gigapixelSeconds).toBeGreaterThan(0);
  expect(matching27Seconds).toBeGreaterThan(0);
  expect(matching1000Seconds).toBeGreaterThan(0);
});
