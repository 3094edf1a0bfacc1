import { describe, expect, it } from 'vitest';
import { drawCurve } from './curve.js';

const points = (length: number) => Array.from({ length }, (_, i) => ({ step: i + 1, value: Math.sin(i / 50) }));

describe('curve: value', () => {
  it('names both axes, the vertical one with its unit, and is described for those who do not see it', async () => {
    const svg = await drawCurve(points(50), { axis: 'loss (nats)', description: 'Loss: "falls"' });
    expect(svg).toContain('>↑ loss (nats)<');
    expect(svg).toContain('>training step →<');
    expect(svg).toMatch(/^<svg role="img" [^>]*aria-label="Loss: &quot;falls&quot;"/);
  });

  it('takes its colours from the page, in light and in dark', async () => {
    const svg = await drawCurve(points(50), { axis: 'a', description: 'd', reference: 0 });
    expect(svg).toContain('stroke="currentColor"');
    expect(svg.match(/(?:fill|stroke)="(?!none|currentColor)[^"]*"/g)).toBeNull();
  });

  it('does not grow with the run, and keeps a lone spike in the band', async () => {
    const long = points(20_000).map((point, i) => (i === 9_999 ? { ...point, value: 50 } : point));
    const svg = await drawCurve(long, { axis: 'a', description: 'd' });
    expect(svg.length).toBeLessThan(30_000);
    expect(svg).toContain('>50<'); // the vertical axis reaches the spike
  });

  it('draws a single step as a dot, and a constant as a line', async () => {
    expect(await drawCurve(points(1), { axis: 'a', description: 'd' })).toContain('<circle');
    const flat = [1, 2, 3].map((step) => ({ step, value: 4 }));
    expect(await drawCurve(flat, { axis: 'a', description: 'd' })).not.toContain('NaN');
  });
});
