import { describe, expect, it } from 'vitest';
import { chosenHead } from './head-choice.js';

describe('value', () => {
  it('is the head that agrees most, of those that tell nearly as much as any', () => {
    expect(chosenHead({ information: [1, 0.95, 0.91], kappa: [0.7, 0.8, 0.75] })).toBe(1);
    expect(chosenHead({ information: [1, 0.89, 0.91], kappa: [0.7, 0.9, 0.75] })).toBe(2);
  });

  it('is the head of most information where agreement is not known, and the first of equals', () => {
    expect(chosenHead({ information: [0.2, 0.5, 0.5] })).toBe(1);
    expect(chosenHead({ information: [0, 0], kappa: [0, 0] })).toBe(0);
  });

  it('is found where information is below zero, as that of features may be', () => {
    expect(chosenHead({ information: [-2, -1, -1.05], kappa: [0.9, 0.1, 0.2] })).toBe(2);
    expect(chosenHead({ information: [-1] })).toBe(0);
  });
});
