/**
 * Download of a pinned wheel by pip, which knows the user's index, mirror, proxy and certificates.
 *
 * pip is told the file's hash and refuses another; the hash is taken here once more.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { folderBytes } from './folder-size.js';
import { EngineInstallError } from './install-error.js';
import { lastLines, runFirstFound, type CommandResult } from './run-command.js';
import { WHEEL_PYTHON, type Wheel } from './wheels.js';

export interface DownloadOptions {
  /** Called about twice a second with the bytes on disk so far. */
  readonly onBytes?: (bytes: number) => void;
  readonly abort?: AbortSignal;
}

/**
 * Downloads the wheel into the folder.
 *
 * @returns the wheel's path
 * @throws EngineInstallError when Python, pip, the network, disk space or the right file is missing
 */
export async function downloadWheel(wheel: Wheel, folder: string, options: DownloadOptions = {}): Promise<string> {
  const { onBytes, abort } = options;
  const temporary = join(folder, 'pip');
  await mkdir(temporary, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const watch = setInterval(() => void folderBytes(folder).then(onBytes), 500);
  try {
    // pip unpacks nothing and builds nothing; its temporary folder is ours, so that an interruption leaves nothing behind.
    const env = { TMPDIR: temporary, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
    const run = await runFirstFound(pythons(), pipArguments(wheel, requirements, folder), { env, abort });
    if (run === undefined) {
      throw failure(`no Python found (looked for ${pythons().join(', ')} on the PATH)`, 'Install Python 3 with pip');
    }
    if (run.result.code !== 0) throw pipFailure(run.program, run.result, wheel);
  } finally {
    clearInterval(watch);
  }
  const name = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (name === undefined) throw failure(`pip left no wheel of ${wheel.project} ${wheel.version}`, 'Install again');
  await checkHash(join(folder, name), wheel.sha256);
  return join(folder, name);
}

/** @throws EngineInstallError when the file's SHA-256 is another */
export async function checkHash(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw failure(
      `${file} has SHA-256 ${found}, must have ${sha256}`,
      'Install again; if it persists, ask who runs your package index',
    );
  }
}

function pipArguments({ platform }: Wheel, requirements: string, folder: string): string[] {
  return [
    ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes'],
    ['--platform', platform, '--implementation', 'cp'],
    ['--python-version', WHEEL_PYTHON.version, '--abi', WHEEL_PYTHON.abi],
    ['--no-cache-dir', '--progress-bar', 'off', '--no-input'],
    ['--requirement', requirements, '--dest', folder],
  ].flat();
}

function pythons(): string[] {
  return process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python'];
}

/** The known ways in which pip fails, by what it prints. */
function pipFailure(python: string, result: CommandResult, { project, version }: Wheel): EngineInstallError {
  const said = lastLines(result);
  const all = result.stderr;
  if (/No module named pip/.test(all)) {
    return failure(
      `${python} has no pip (${said})`,
      `Install it: "${python} -m ensurepip" or your system's package python3-pip`,
    );
  }
  if (/DO NOT MATCH THE HASHES/.test(all)) {
    return failure(
      `the package index offers another file as ${project} ${version} (${said})`,
      'Install again; if it persists, ask who runs your package index',
    );
  }
  if (/No space left on device|Errno 28/.test(all)) {
    return failure(`the disk is full (${said})`, 'Free some, or set AUTOREGSEG_CACHE to a folder on a larger disk');
  }
  if (/NewConnectionError|ConnectTimeout|ReadTimeout|Max retries|ProxyError|SSLError|name resolution/i.test(all)) {
    return failure(
      `the package index cannot be reached (${said})`,
      "Connect, or set pip's index, proxy or certificate",
    );
  }
  if (/No matching distribution/.test(all)) {
    return failure(`the package index has no ${project} ${version} (${said})`, "Set pip's index to one that has it");
  }
  return failure(`pip ended with ${result.signal ?? result.code} (${said})`, 'Mend what pip says and install again');
}

function failure(what: string, cure: string): EngineInstallError {
  return new EngineInstallError('download', what, cure);
}
