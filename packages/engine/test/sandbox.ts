/** A folder of its own for a test: an empty cache, and a PATH on which only the test's programs are found. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

export interface Sandbox {
  /** The folder; holds cache/ and bin/. */
  readonly folder: string;
  readonly cache: string;
  /** Puts a shell script on the PATH. `$last` holds the last argument. */
  program(name: string, script: string): void;
}

/** Makes the folder before each test and deletes it after; call it inside describe. */
export function useSandbox(): Sandbox {
  const sandbox = { folder: '', cache: '' };
  beforeEach(() => {
    sandbox.folder = realpathSync(mkdtempSync(join(tmpdir(), 'engine-test-')));
    sandbox.cache = join(sandbox.folder, 'cache');
    mkdirSync(join(sandbox.folder, 'bin'));
    vi.stubEnv('AUTOREGSEG_CACHE', sandbox.cache);
    vi.stubEnv('PATH', join(sandbox.folder, 'bin'));
    vi.stubEnv('CXX', '');
    vi.stubEnv('npm_execpath', '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(sandbox.folder, { recursive: true, force: true });
  });
  return Object.assign(sandbox, {
    program(name: string, script: string) {
      const file = join(sandbox.folder, 'bin', name);
      writeFileSync(file, `#!/bin/sh\nfor last; do :; done\n${script}\n`);
      chmodSync(file, 0o755);
    },
  });
}
