import { definePackage } from '../../tools/build/tsup.js';

export default definePackage({ entries: ['src/index.ts', 'src/browser.ts', 'src/cli.ts'] });
