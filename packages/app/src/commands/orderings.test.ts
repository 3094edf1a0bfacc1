import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ORDERING_NAMES, orderingByName } from '@autoregseg/orderings/ranks';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { orderingPicture } from '../pictures/ordering-picture.js';
import { runCli } from './program.js';

let scratch: string;
let output: { stdout: string; stderr: string };

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'orderings-'));
  output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      output[stream] += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(scratch, { recursive: true });
});

const run = (...words: string[]) => runCli(['node', 'autoregseg', 'orderings', ...words]);

describe('value', () => {
  it('show prints turns, and what layers see from a position', async () => {
    expect(await run('show', 'top-left-row', '--size', '3x5', '--layers', '2', '--position', '2,1')).toBe(0);
    expect(output.stdout).toContain(' 0  1  2  3  4\n 5  6  7  8  9\n10 11 12 13 14\n');
    expect(output.stdout).toContain('2 x convolution, centered: @ looks, o seen, x blind');
    // two rows up the wedge has opened by two columns, one row up by one
    expect(output.stdout).toContain('o o o o -\no o o x -\no @ . . .\n');
    expect(output.stdout).toContain('2 x attention');
  });

  it('show --json prints one object', async () => {
    expect(await run('show', 'spiral', '--size', '3', '--layers', '1', '--json')).toBe(0);
    const { ordering, turns, position, fields } = JSON.parse(output.stdout);
    expect({ ordering, turns, position }).toEqual({
      ordering: 'spiral',
      turns: [0, 1, 2, 7, 8, 3, 6, 5, 4],
      position: [1, 1],
    });
    expect(fields.map(({ kind }: { kind: string }) => kind)).toEqual(['convolution, centered', 'attention']);
    expect(fields[0].seen).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('show --png and --svg draw a panel for the path and for each kind of layer', async () => {
    const [png, svg] = [join(scratch, 'o.png'), join(scratch, 'o.svg')];
    expect(await run('show', 'hilbert', '--size', '4x4', '--png', png, '--svg', svg)).toBe(0);
    const { width, height } = await sharp(png).metadata();
    expect([width, height]).toEqual([3 * (4 * 18 + 24) + 24, 4 * 18 + 48]);
    expect(readFileSync(svg, 'utf8')).toContain('3 layers: attention');
    expect(output.stderr).toBe(`picture written to ${svg}\npicture written to ${png}\n`);
  });

  it('list prints every name, overlap two orderings’ common sight', async () => {
    expect(await run('list', '--json')).toBe(0);
    expect(JSON.parse(output.stdout)).toEqual({ orderings: [...ORDERING_NAMES, 'blocks:<side>', 'random:<seed>'] });
    output.stdout = '';
    expect(await run('overlap', 'top-left-row', 'bottom-right-row')).toBe(0);
    expect(output.stdout).toBe('1.0 positions in common, 0.9 % of what either shows\n');
  });
});

describe('error', () => {
  it('wrong use exits 2 and says what is known', async () => {
    expect(await run('show', 'zigzag')).toBe(2);
    expect(output.stderr).toContain("no ordering is called 'zigzag'; known: top-left-row,");
    expect(await run('show', 'spiral', '--size', '3', '--position', '3,0')).toBe(2);
    expect(output.stderr).toContain('--position 3,0 lies outside of the map of 3x3');
  });
});

describe('gallery', () => {
  it.each([...ORDERING_NAMES, 'blocks:4', 'random:7'])(
    'the picture of %s in the docs is the one that the code draws',
    (name) => {
      const file = new URL(`../../../../docs/images/orderings/${name.replace(':', '-')}.svg`, import.meta.url);
      expect(existsSync(file), 'made by node tools/docs/gallery.mjs').toBe(true);
      const options = { height: 9, width: 13, position: [4, 6] as const, layers: 3, titles: true };
      expect(readFileSync(file, 'utf8')).toBe(orderingPicture(orderingByName(name), options));
    },
  );
});
