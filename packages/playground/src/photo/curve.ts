/** A line over steps in a small picture with its axes' ends written on it. */

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [300, 80, 30, 14];

/** @param values - one a step, from the first; @param steps - the right end; @param top - the upper end */
export function drawCurve(svg: SVGSVGElement, values: readonly number[], steps: number, top: number): void {
  const x = (step: number) => LEFT + (step / steps) * (WIDTH - LEFT);
  const y = (value: number) => (HEIGHT - BOTTOM) * (1 - Math.min(1, Math.max(0, value / top)));
  const line = element('polyline', { class: 'line' });
  line.setAttribute('points', values.map((value, index) => `${x(index + 1)},${y(value)}`).join(' '));
  svg.replaceChildren(
    element('path', { class: 'axis', d: `M${LEFT} 0V${HEIGHT - BOTTOM}H${WIDTH}` }),
    text(top.toFixed(2), LEFT - 4, 9, 'end'),
    text('0', LEFT - 4, HEIGHT - BOTTOM, 'end'),
    text('step', LEFT, HEIGHT - 2, 'start'),
    text(String(steps), WIDTH, HEIGHT - 2, 'end'),
    line,
  );
}

function text(content: string, x: number, y: number, anchor: string): Element {
  const label = element('text', { x: String(x), y: String(y), 'text-anchor': anchor });
  label.textContent = content;
  return label;
}

function element(name: string, attributes: Readonly<Record<string, string>>): Element {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
