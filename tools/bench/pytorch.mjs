/**
 * PyTorch for the comparison, in a virtual environment of its own: no dependency of the project, made once per user.
 *
 * On Linux x64 PyPI has PyTorch with its CUDA libraries only (5.4 GB on disk); the step runs on the CPU all the same.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from '../setup/child.mjs';

const version = '2.15.0';

/**
 * @param {string} cache - the user's cache folder of the engine
 * @returns {Promise<string>} the environment's python
 * @throws {Error} with the reason when there is no Python or pip fails
 */
export async function pytorchPython(cache) {
  const folder = join(cache, `bench-pytorch-${version}`);
  const pythonIn = (/** @type {string} */ environment) =>
    process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
  const mark = join(folder, 'complete'); // an environment cannot be moved into place when it is whole
  if (existsSync(mark)) return pythonIn(folder);
  const system = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (system === undefined) throw new Error('no Python on the PATH');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await runStep('make a Python environment', system, ['-m', 'venv', folder], { cwd: cache });
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', `torch==${version}`, 'numpy'];
  await runStep(`install PyTorch into ${folder}`, pythonIn(folder), pip, { cwd: cache });
  writeFileSync(mark, '');
  return pythonIn(folder);
}
