import { describe, expect, it } from 'vitest';
import { CollapseWatch } from './collapse-watch.js';

const choices = {
  clusters: 6,
  entropyWeight: 1,
  learningRate: 0.002,
  warmupSteps: 10,
  network: { normalization: 'batch' as const },
};

/** What a run that shows these effective clusters is told, with the step. */
function told(gauge: (step: number) => number, more: Partial<typeof choices> = {}): [number, string][] {
  const watch = new CollapseWatch({ ...choices, ...more });
  return Array.from({ length: 100 }, (_, at) => at + 1).flatMap((step): [number, string][] => {
    const message = watch.look(step, gauge(step));
    return message === undefined ? [] : [[step, message]];
  });
}

describe('value', () => {
  it('warns of a collapse once, as soon as the warm-up and twenty steps are over, and names the cure', () => {
    expect(told(() => 1.02)).toEqual([
      [
        30,
        'collapse: at step 30 all but everything is in one cluster (1.02 effective clusters of 6). ' +
          'Stop, and train again with a larger --entropy-weight (now 1), or a lower --learning-rate (now 0.002)',
      ],
    ]);
  });

  it('names normalisation where there is none', () => {
    const watch = new CollapseWatch({ ...choices, network: { normalization: 'none' } });
    expect(watch.look(30, 1)).toMatch(/ or --normalization batch$/);
  });

  it('warns of one that comes later, within some twenty steps', () => {
    const [[step]] = told((step) => (step < 50 ? 5 : 1.1));
    expect(step).toBeGreaterThan(60);
    expect(step).toBeLessThan(80);
  });

  it('says nothing of a bad step among good ones, of no numbers, or of two clusters used unequally', () => {
    expect(told((step) => (step % 9 === 0 ? 1 : 4))).toEqual([]);
    expect(told(() => Number.NaN)).toEqual([]);
    // exp of the entropy of shares 0.9 and 0.1 is 1.38.
    expect(told(() => 1.38, { clusters: 2 })).toEqual([]);
  });

  it('warns of a collapse of two clusters', () => {
    // Shares 0.985 and 0.015.
    expect(told(() => 1.08, { clusters: 2 })).toHaveLength(1);
  });
});
