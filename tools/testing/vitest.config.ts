import { defineTests } from '../build/vitest.js';

export default defineTests('@autoregseg/testing');
