import { describe, expect, it } from 'vitest';
import { LeakWatch } from './leak-watch.js';

const told = (tensors: (step: number) => number, steps = 300) => {
  const watch = new LeakWatch();
  return Array.from({ length: steps }, (_, at) => watch.look(at + 1, tensors(at + 1))).filter(Boolean);
};

describe('value', () => {
  it('says nothing while the number stays, whatever it was at first', () => {
    expect(told((step) => (step === 1 ? 90 : 100))).toEqual([]);
  });

  it('tells once of one tensor a step, within about a hundred steps', () => {
    expect(told((step) => 100 + step)).toEqual([
      'memory leak: 204 tensors are alive after step 104, 103 were at the start. ' +
        'Training goes on; please report it with the command and the dataset',
    ]);
  });
});
