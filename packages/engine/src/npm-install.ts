/** Bringing one npm package into a folder of the cache, its install scripts left out. */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EngineInstallError, type InstallStage } from './install-error.js';
import { lastLines, runCommand } from './run-command.js';

export interface NpmInstallOptions {
  /** For the error. */
  readonly stage: InstallStage;
  readonly abort?: AbortSignal;
}

/**
 * `npm install SPEC` in a folder of its own.
 *
 * Not by --prefix: that makes npm look for the machine's settings (registry, proxy, certificates) in the folder too.
 *
 * @throws EngineInstallError when npm is missing or fails
 */
export async function npmInstall(spec: string, folder: string, { stage, abort }: NpmInstallOptions): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
  const [program, ...first] = npmCommand();
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  // A global npx or an npm run in a workspace hands its own target down.
  const place = ['--global=false', '--workspaces=false'];
  const result = await runCommand(program, [...first, 'install', ...flags, ...place, spec], { cwd: folder, abort });
  if (result === undefined) {
    throw new EngineInstallError(stage, `${spec} is missing here and no npm is on the PATH to bring it`, 'Install npm');
  }
  if (result.code !== 0) {
    const cure = /E?NOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN/.test(result.stderr)
      ? "Connect, or set npm's registry"
      : 'Mend what npm says';
    throw new EngineInstallError(
      stage,
      `npm could not bring ${spec} (${lastLines(result)})`,
      `${cure} and install again`,
    );
  }
}

/** The npm that runs us, else the one on the PATH. */
function npmCommand(): [program: string, ...args: string[]] {
  const running = process.env['npm_execpath'];
  if (running !== undefined && basename(running) === 'npm-cli.js') return [process.execPath, running];
  return ['npm'];
}
