import { defineTests } from './build/vitest.js';

export default defineTests('tools', { folders: ['bench', 'build', 'ci', 'docs', 'packaging', 'release', 'setup'] });
