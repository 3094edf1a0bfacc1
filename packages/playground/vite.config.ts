import { defineConfig } from 'vite';

/** Relative addresses: the page works wherever its files are served, in a sub-path too. */
export default defineConfig({
  base: './',
  resolve: { conditions: ['@autoregseg/source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  build: { target: 'es2022', chunkSizeWarningLimit: 4096 },
});
