import { definePackage } from '../../tools/build/tsup.js';

export default definePackage({ entries: ['src/index.ts', 'src/ranks.ts', 'src/vitest.ts'] });
