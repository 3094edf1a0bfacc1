import { definePackage } from '../../tools/build/tsup.js';

export default definePackage({
  entries: ['src/index.ts', 'src/commands.ts', 'src/cli.ts'],
  // ESM only: Node 20's require cannot load them from the CJS build.
  bundled: ['env-paths', 'is-safe-filename'],
});
