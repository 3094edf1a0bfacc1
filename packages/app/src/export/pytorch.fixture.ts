/**
 * PyTorch for slow tests: a throw-away environment, unless AUTOREGSEG_PYTORCH names a Python that has torch, safetensors,
 * numpy and onnxruntime (PyPI's Linux wheels of torch bring gigabytes of CUDA).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PyTorch {
  /** Runs a script with arguments and gives back what it prints. */
  run(script: string, args: readonly string[]): string;
  dispose(): void;
}

const REQUIREMENTS = ['torch==2.4.1', 'safetensors==0.8.0', 'numpy==1.26.4', 'onnxruntime==1.19.2'];

export function openPyTorch(): PyTorch {
  const given = process.env.AUTOREGSEG_PYTORCH;
  const folder = mkdtempSync(join(tmpdir(), 'autoregseg-pytorch-'));
  const python = given ?? join(folder, 'bin', 'python');
  if (given === undefined) {
    execute('python3', ['-m', 'venv', folder]);
    execute(python, ['-m', 'pip', 'install', '--quiet', ...REQUIREMENTS]);
  }
  return {
    run: (script, args) => execute(python, ['-c', script, ...args]),
    dispose: () => rmSync(folder, { recursive: true }),
  };
}

function execute(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}
