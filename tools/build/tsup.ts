/**
 * The one build of every package: ESM and CJS with types of their own, for Node 20 and for bundlers.
 *
 * A package's tsup.config.ts names its entries and nothing else, so that a change of bundler is a change of this file.
 */
import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

export interface PackageBuild {
  /** Entry files, relative to the package. */
  readonly entries: readonly string[];
  /** Modules that are dependencies and yet go into the bundle (deep imports that plain Node cannot resolve). */
  readonly bundled?: readonly (string | RegExp)[];
  /** 'neutral' for code that runs in a browser too. @defaultValue 'node' */
  readonly platform?: 'node' | 'neutral';
}

export function definePackage({ entries, bundled = [], platform = 'node' }: PackageBuild) {
  const options: Options = {
    entry: [...entries],
    format: ['esm', 'cjs'],
    // The siblings' built types, not their sources: a published d.ts must stand without the repository.
    tsconfig: resolve(import.meta.dirname, '../../tsconfig.build.json'),
    dts: true,
    clean: true,
    sourcemap: true,
    splitting: true,
    target: 'node20',
    platform,
    // import.meta.url in CJS output.
    shims: platform === 'node',
    noExternal: [...bundled],
  };
  return defineConfig(options);
}
