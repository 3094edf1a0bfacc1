import { describe, expect, it } from 'vitest';
import { markup, trusted } from './markup.js';

describe('markup: value', () => {
  it('escapes all that could end an element, an attribute or a template', () => {
    expect(markup`<a title="${`&<>"'\``}">`.text).toBe('<a title="&#38;&#60;&#62;&#34;&#39;&#96;">');
  });

  it('takes markup as it stands, joins lists and leaves out what is absent', () => {
    const items = ['a', '<b>'].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}${undefined}${false}${0}${trusted('<hr>')}</ul>`.text).toBe(
      '<ul><li>a</li><li>&#60;b&#62;</li>0<hr></ul>',
    );
  });
});
