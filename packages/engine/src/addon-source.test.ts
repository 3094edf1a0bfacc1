import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { withListAttributes } from './addon-source.js';

const require = createRequire(import.meta.url);

describe('withListAttributes', () => {
  it("adds lists of strings and of types to the sources of tfjs-node-gpu, each once and before the attribute's own case", () => {
    const source = readFileSync(require.resolve('@tensorflow/tfjs-node-gpu/binding/tfjs_backend.cc'), 'utf8');
    const changed = withListAttributes(source);
    for (const [set, single] of [
      ['TFE_OpSetAttrStringList(', 'TFE_OpSetAttrString('],
      ['TFE_OpSetAttrTypeList(', 'TFE_OpSetAttrType('],
    ]) {
      expect(source).not.toContain(set);
      expect(changed.split(set)).toHaveLength(2);
      expect(changed.indexOf(set)).toBeLessThan(changed.indexOf(single));
    }
  });

  it('leaves sources alone that read attributes in another way', () => {
    expect(withListAttributes('switch (type) { case STRING: break; }')).toBe('switch (type) { case STRING: break; }');
  });
});
