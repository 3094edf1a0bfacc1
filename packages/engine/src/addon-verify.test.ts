import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { verifyAddon } from './addon-verify.js';
import { findNativePackages } from './native-package.js';

describe('verifyAddon', () => {
  const sandbox = useSandbox();

  // The numbers themselves are proven where a real addon is at hand: installation.slow.test.ts.
  it('says that an addon does not load', async () => {
    const [tfjsNode] = findNativePackages();
    const addon = join(sandbox.folder, 'missing.node');
    await expect(verifyAddon(tfjsNode, addon)).rejects.toThrow(
      /^installEngine: verify: native TensorFlow ended with 1 \(.*\)\. Install again, or use the wasm engine\.$/,
    );
  });
});
