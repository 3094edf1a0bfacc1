/** What moves the numbers, and how to get them again. */
import { markup, type Markup, type MarkupPart } from '../pictures/markup.js';
import type { RunReport } from './run-report.js';

export function protocolSection({ evaluation, options }: RunReport): Markup {
  return markup`<section aria-labelledby="protocol">
<h2 id="protocol">Protocol</h2>
<p class="hint">Every choice that moves a number on this page.</p>
<div class="tables">
${evaluation && settingsTable('How it was scored', evaluation.protocol)}
${settingsTable('How it was trained', options)}
</div>
</section>`;
}

export function reproduceSection({ reproduce, summary, engine }: RunReport): Markup {
  const facts: [string, MarkupPart][] = [
    ['Seed', seedText(summary)],
    ['Engine', engine.name],
    ['Hardware', engine.hardware],
    [
      'Versions',
      Object.entries(engine.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ];
  if (summary.date !== undefined)
    facts.push(['Report made', markup`<time datetime="${summary.date}">${readableDate(summary.date)}</time>`]);
  return markup`<section aria-labelledby="reproduce">
<h2 id="reproduce">Reproduce</h2>
<pre class="command" tabindex="0" role="region" aria-label="Command"><code>${reproduce}</code></pre>
<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`)}</dl>
</section>`;
}

function seedText({ seed, seeds }: RunReport['summary']): string {
  return seeds === undefined ? String(seed) : `${seed}, of ${seeds.join(', ')} the one whose orderings agree most`;
}

function settingsTable(caption: string, settings: Readonly<Record<string, unknown>>): MarkupPart {
  const rows = flatten(settings);
  if (rows.length === 0) return undefined;
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="settings"><caption>${caption}</caption>
<thead><tr><th scope="col">Choice</th><th scope="col">Value</th></tr></thead>
<tbody>${rows.map(
    ([name, value]) => markup`<tr><th scope="row"><code>${name}</code></th><td><bdi>${value}</bdi></td></tr>
`,
  )}</tbody></table></div>`;
}

/** `{ network: { blocks: 2 } }` -> `network.blocks`, 2; lists stay on one line; what is undefined is left out. */
function flatten(settings: object, prefix = ''): [string, string][] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return flatten(value, `${prefix}${name}.`);
    return [[`${prefix}${name}`, textOf(value)] as [string, string]];
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return JSON.stringify(value);
}

/** `2024-05-01T12:30:00.000Z` -> `2024-05-01 12:30 UTC`; anything else as it is. */
function readableDate(date: string): string {
  return date.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, '$1 $2 UTC');
}
