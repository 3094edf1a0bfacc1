import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { applyLabelMap, readLabelMap, type LabelMap } from './label-map.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-label-map-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('applyLabelMap: value', () => {
  it('maps named ids, several to one class, and ignores the others', () => {
    const map = { classes: ['sky', 'ground'], map: { '0': 0, '3': 1, '4000': 1 } };
    expect([...applyLabelMap(Int32Array.of(0, 3, 4000, 1, 255), map)]).toEqual([0, 1, 1, 255, 255]);
  });

  it('can name id 255, which masks of black and white hold', () => {
    expect([...applyLabelMap(Int32Array.of(0, 255), { classes: ['no', 'road'], map: { '0': 0, '255': 1 } })]).toEqual([
      0, 1,
    ]);
  });
});

describe('readLabelMap: value', () => {
  it('reads a JSON file', () => {
    const file = join(folder, 'map.json');
    writeFileSync(file, '{"classes":["sky"],"map":{"7":0}}');
    expect(readLabelMap(file)).toEqual({ classes: ['sky'], map: { '7': 0 } });
  });
});

describe('readLabelMap: error', () => {
  it('names everything wrong with a map', () => {
    expect(() => readLabelMap({ classes: ['a'], map: { '1': 1, '2': -1 }, extra: 1 } as unknown as LabelMap)).toThrow(
      'label map: map: 2: Too small: expected number to be >=0; Unrecognized key: "extra"',
    );
    expect(() => readLabelMap({ classes: ['a'], map: { '1': 3 } })).toThrow('label map: map: 1: class 3 of only 1');
    expect(() => readLabelMap({ classes: ['a'], map: {} })).toThrow('label map: map: names no id');
    expect(() => readLabelMap({ classes: ['a'], map: { sky: 0 } })).toThrow('ids are whole numbers, written as text');
  });

  it('names a file that is missing or no JSON', () => {
    expect(() => readLabelMap(join(folder, 'gone.json'))).toThrow(/^label map '.*gone\.json': ENOENT/);
    const file = join(folder, 'bad.json');
    writeFileSync(file, '{"classes":');
    expect(() => readLabelMap(file)).toThrow(/^label map '.*bad\.json': .*JSON/);
  });
});
