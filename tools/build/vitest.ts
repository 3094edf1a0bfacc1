/**
 * The one test configuration: packages are tested from source, and each run leaves a JSON result for the summary of CI.
 *
 * TensorFlow.js stays external (vitest's default): inlining it makes a second copy (docs/decisions.md).
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '../..');

export interface TestFolders {
  /** Where the tests lie, relative to the configuration file. @defaultValue ['src'] */
  readonly folders?: readonly string[];
}

/** @param name - the package's name; `slow` tests are named *.slow.test.ts and run by `npm run test:slow` alone. */
export function defineTests(name: string, { folders = ['src'] }: TestFolders = {}) {
  const slow = process.env.AUTOREGSEG_SLOW === '1';
  const conditions = ['@autoregseg/source', 'module', 'node', 'development|production'];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: folders.map((folder) => `${folder}/**/*${slow ? '.slow' : ''}.test.ts`),
      exclude: slow ? [] : ['**/*.slow.test.ts'],
      maxWorkers: 2,
      testTimeout: slow ? 1_200_000 : 120_000,
      hookTimeout: 120_000,
      passWithNoTests: true,
      reporters: ['default', 'json'],
      outputFile: { json: resolve(root, '.results', `${name}${slow ? '.slow' : ''}.json`) },
    },
  });
}
