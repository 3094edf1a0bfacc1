/**
 * HTML and SVG text that can't hold anything unescaped by accident: what is put into a `markup` template is escaped,
 * unless it is itself made by `markup` or vouched for by `trusted`.
 */

/** Markup that is safe to put into a page as it stands. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What a template takes: lists are joined, `undefined` and `false` leave nothing. */
export type MarkupPart = Markup | string | number | false | undefined | readonly MarkupPart[];

/** @example markup`<b>${'<script>'}</b>`.text // '<b>&lt;script&gt;</b>' */
export function markup(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  return new Markup(strings.map((string, i) => (i === 0 ? '' : render(parts[i - 1])) + string).join(''));
}

/** Text that this code made itself as markup: style sheets, drawn curves. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** Text for element content and quoted attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function render(part: MarkupPart): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeMarkup(String(part));
}
