import { defineTests } from '../../tools/build/vitest.js';

export default defineTests('playground');
