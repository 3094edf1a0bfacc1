/**
 * rasterio, fiona and shapely for slow tests, in a throw-away environment, unless AUTOREGSEG_RASTERIO names a Python that
 * has them: GDAL's own eyes on what is written here.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = ['rasterio==1.4.3', 'fiona==1.10.1', 'shapely==2.2.0', 'numpy==2.4.6'];

/** Runs a script; @returns the JSON that it prints */
export function withRasterio(script: string, args: readonly string[]): unknown {
  const given = process.env.AUTOREGSEG_RASTERIO;
  const folder = mkdtempSync(join(tmpdir(), 'autoregseg-rasterio-'));
  try {
    const python = given ?? join(folder, 'bin', 'python');
    if (given === undefined) {
      execute('python3', ['-m', 'venv', folder]);
      execute(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
    }
    return JSON.parse(execute(python, ['-c', script, ...args]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function execute(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}
