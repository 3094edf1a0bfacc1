import { definePackage } from '../../tools/build/tsup.js';

export default definePackage({
  entries: ['src/index.ts', 'src/commands.ts', 'src/browser.ts', 'src/cli.ts'],
  // env-paths is ESM only, which Node 20's require cannot load; the deep modules of tfjs-core are for bundlers only.
  bundled: ['env-paths', 'is-safe-filename', /^@tensorflow\/tfjs-core\/dist\//],
});
