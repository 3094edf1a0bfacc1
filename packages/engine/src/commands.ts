/**
 * The commands install, status and remove, for this package's own program and for any other that mounts them.
 *
 * Progress goes to stderr. A failure is thrown: the program that runs the command prints it and sets the exit code.
 */
import { Command } from 'commander';
import { describeEngine } from './engine-description.js';
import { installEngine } from './install.js';
import { megabytes, progressLine } from './progress-line.js';
import { removeEngine } from './remove.js';
import { engineStatus, type EngineStatus } from './status.js';

export interface EngineCommandOptions {
  /** The command's name in its program. @defaultValue 'engine' */
  readonly name?: string;
  /** How people type it; shown in the examples. @defaultValue 'autoregseg engine' */
  readonly typed?: string;
}

/** @example program.addCommand(createEngineCommand()); */
export function createEngineCommand(options: EngineCommandOptions = {}): Command {
  const { name = 'engine', typed = 'autoregseg engine' } = options;
  const engine = new Command(name)
    .description('Install, show or remove native TensorFlow, the fastest engine.')
    .addHelpText('after', `\nExample:\n  ${typed} install`);
  engine
    .command('install')
    .description('Download, compile and verify native TensorFlow, once per user; a second run does nothing.')
    .option('--cuda', "take TensorFlow's CUDA build: Linux x64 with an NVIDIA driver, CUDA 12.5 and cuDNN 9.3", false)
    .addHelpText('after', `\nExample:\n  ${typed} install`)
    .action(install);
  engine
    .command('status')
    .description('Say which engine runs, why no better one does, and what to do about it.')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', `\nExample:\n  ${typed} status --json`)
    .action(status);
  engine
    .command('remove')
    .description('Delete the cached engine and its links.')
    .addHelpText('after', `\nExample:\n  ${typed} remove`)
    .action(remove);
  return engine;
}

async function install({ cuda }: { readonly cuda: boolean }): Promise<void> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const { show, end } = progressLine(process.stderr);
  try {
    const { alreadyInstalled, folder, manifest, linked } = await installEngine({
      cuda,
      onProgress: show,
      abort: abort.signal,
    });
    end();
    const { libtensorflow, device } = manifest.verified;
    const state = alreadyInstalled ? 'is installed already' : 'installed and verified';
    console.error(
      `native TensorFlow ${libtensorflow} (${device}) ${state}: ${folder}, ${megabytes(manifest.bytes)} MB`,
    );
    for (const place of linked) console.error(`linked into ${place}`);
  } catch (error) {
    end();
    if (!abort.signal.aborted) throw error;
    console.error('stopped; nothing half-done is left');
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function status({ json }: { readonly json: boolean }): Promise<void> {
  const found = await engineStatus();
  console.log(json ? JSON.stringify(found) : statusText(found));
}

async function remove(): Promise<void> {
  const { folder, bytes } = await removeEngine();
  console.error(`${megabytes(bytes)} MB removed from ${folder}`);
}

/** The status for people: what runs, what does not and why, what is where. */
export function statusText({ engine, cache, installed, packages }: EngineStatus): string {
  const wheel = installed === null ? 'nothing installed' : `${installed.wheel}, verified ${installed.verified.at}`;
  return [
    `engine   ${describeEngine(engine)}, TensorFlow.js ${engine.versions.tfjs}`,
    ...engine.skipped.map(({ engine, why, cure }) => `not      ${engine}: ${why}; ${cure}`),
    `cache    ${cache.folder} (${megabytes(cache.bytes)} MB): ${wheel}`,
    ...packages.map(({ name, folder, addon }) => `package  ${name}, addon ${addon}: ${folder}`),
  ].join('\n');
}
