import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { timeContrastForms } from './contrast-forms.js';

beforeAll(useTestEngine);

describe('value', () => {
  it('is the same as one matrix and chunk by chunk', () => {
    const { infoNce, ntXent } = timeContrastForms({ shape: [2, 5, 4, 6], rounds: 1 });
    for (const { difference, speedUp } of [infoNce, ntXent]) {
      expect(difference).toBeLessThan(1e-5);
      expect(speedUp).toBeGreaterThan(0);
    }
  });

  it('leaves the one matrix out where it would take gigabytes', () => {
    const { infoNce, ntXent } = timeContrastForms({ shape: [1, 5, 4, 6], rounds: 1, mostPositions: 19 });
    expect([infoNce.speedUp, ntXent.oneMatrixSeconds]).toEqual([undefined, undefined]);
    expect(Math.min(infoNce.medianSeconds, ntXent.medianSeconds)).toBeGreaterThan(0);
  });
});
