import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readClicks } from './clicks.js';

const folder = mkdtempSync(join(tmpdir(), 'clicks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  const file = join(folder, 'clicks.csv');
  writeFileSync(file, text);
  return () => readClicks(file);
}

describe('value', () => {
  it('reads what a spreadsheet writes: a byte order mark, quotes, spaces, empty lines, columns in any order', () => {
    const clicks = read('\uFEFFclass, image, x, y\r\n"sky, clear",a.jpg,12,0\r\n\r\nroad,"b,1.jpg", 3 ,40\r\n')();
    expect(clicks).toEqual([
      { image: 'a.jpg', x: 12, y: 0, class: 'sky, clear' },
      { image: 'b,1.jpg', x: 3, y: 40, class: 'road' },
    ]);
  });
});

describe('error', () => {
  it.each([
    ['image,x,y,class\na.jpg,1,2,sky\na.jpg,-1,2,road', /clicks\.csv, line 3: .*expected number to be >=0/s],
    ['image,x,y\na.jpg,1,2', /clicks\.csv, line 2: .*at class\. A line has image,x,y,class/s],
    ['image,x,y,class\na.jpg,1,2', /clicks\.csv cannot be read as CSV: .*Columns|Record Length.*A line has/s],
    ['image,x,y,class\na.jpg,1,2,sky', /clicks\.csv must name at least two classes, got 1 clicks of one or none/],
  ])('names the line: %j', (text, message) => {
    expect(read(text)).toThrow(message);
  });
});
