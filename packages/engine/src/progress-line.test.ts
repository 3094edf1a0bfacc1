import { describe, expect, it } from 'vitest';
import type { InstallProgress } from './install.js';
import { progressLine, progressText } from './progress-line.js';

function written(steps: readonly InstallProgress[], isTTY: boolean): string[] {
  const texts: string[] = [];
  const stream = { isTTY, columns: 30, write: (text: string) => texts.push(text) > 0 };
  const { show, end } = progressLine(stream);
  steps.forEach(show);
  end();
  return texts;
}

const download = (bytes: number): InstallProgress => {
  return { stage: 'download', message: 'downloading', bytes, totalBytes: 200e6 };
};

describe('progressLine', () => {
  it('tells the bytes where they are known', () => {
    expect(progressText({ stage: 'compile', message: 'compiling' })).toBe('compiling');
    expect(progressText(download(41e6))).toBe('downloading: 41 of 200 MB');
    expect(progressText(download(201e6))).toBe('downloading: 200 of 200 MB');
  });

  it('draws one line over and over on a terminal, cut to its width, and wipes it at the end', () => {
    const long = { stage: 'verify', message: 'verifying a matMul and a gradient' } as const;
    expect(written([download(0), long], true)).toEqual([
      '\r\u001B[2Kdownloading: 0 of 200 MB',
      '\r\u001B[2Kverifying a matMul and a grad',
      '\r\u001B[2K',
    ]);
  });

  it('writes a line at each message and each tenth elsewhere', () => {
    const steps = [
      download(0),
      download(5e6),
      download(30e6),
      download(40e6),
      { stage: 'compile', message: 'compiling' },
    ] as const;
    expect(written(steps, false)).toEqual(['downloading: 0 of 200 MB\n', 'downloading: 30 of 200 MB\n', 'compiling\n']);
  });
});
