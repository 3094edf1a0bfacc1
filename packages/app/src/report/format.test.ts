import { describe, expect, it } from 'vitest';
import { count, decimal, duration, percent, perHundred, plural } from './format.js';

describe('format: value', () => {
  it('sets thousands apart by a narrow space that does not break', () => {
    expect([count(999), count(1234567), count(-1500)]).toEqual(['999', '1\u202f234\u202f567', '\u22121\u202f500']);
  });

  it('gives shares as per cent, and a dash for the unknown', () => {
    expect([percent(0.98765), percent(Number.NaN), perHundred(0.5)]).toEqual(['98.8\u202f%', '\u2013', '50.0']);
  });

  it('keeps significant digits without powers of ten', () => {
    expect([decimal(-1.0986), decimal(0.00123), decimal(45.67), decimal(0), decimal(1234)]).toEqual([
      '\u22121.10',
      '0.00123',
      '45.7',
      '0.00',
      '1234',
    ]);
  });

  it('reads time in the two largest units', () => {
    expect([7.4, 192, 7512].map((seconds) => duration(seconds).replaceAll('\u00a0', ' '))).toEqual([
      '7 s',
      '3 min 12 s',
      '2 h 05 min',
    ]);
  });

  it('knows the plural', () => {
    expect([plural(1, 'class', 'classes'), plural(2, 'class', 'classes'), plural(0, 'image')]).toEqual([
      '1 class',
      '2 classes',
      '0 images',
    ]);
  });
});
