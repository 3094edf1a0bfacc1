/**
 * A run's folder: everything one training wrote, in one place that can be copied as it is.
 *
 *   config.json       what was asked for: configuration, dataset, input statistics (never changes after the start)
 *   manifest.json     what happened: engine, versions, command, progress, status
 *   metrics.jsonl     one line a step
 *   checkpoints/      step-00000100.safetensors, ...: all that resuming needs
 *   snapshots/        the weights alone at a few steps, for `autoregseg view`
 *   features/         a backbone's maps of the training images, where it sees those
 *   clusters.json     names and merges that a person gave
 *   report.html       made at the end, and again by `autoregseg report`
 *   seeds/            seed-0, ...: the runs that this one was chosen from, where several seeds were trained
 *
 * The folder is locked while a trainer is alive in it, and is never written over unless the user says so.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { isLeftover, writeFileAtomic } from './atomic-file.js';
import { LOCK_NAME, refuseLocked } from './run-lock.js';

/** Where the runs of several seeds lie that one is chosen from. */
export const SEEDS_FOLDER = 'seeds';

/** Grows by one when an older program could no longer read what is written. */
const RUN_VERSION = 1;

export interface OutputFolderOptions {
  /** A folder that is not empty is written into rather than refused. @defaultValue false */
  readonly force?: boolean;
  /** With `force`, what this program wrote there before goes: a new run does not mix with an old one. @defaultValue true */
  readonly replace?: boolean;
}

/**
 * Makes `path` ready to be written by a command.
 *
 * @throws UserError when it is a file, is not empty (without `force`), or can't be written
 */
export function prepareOutputFolder(path: string, options: OutputFolderOptions = {}): void {
  const { force = false, replace = true } = options;
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw new UserError(`--out ${path} is a file. Name a folder.`);
    if (contentsOf(path).length > 0) {
      if (!force) throw new UserError(`--out ${path} is not empty. Name another folder, or add --force to replace it.`);
      if (replace) removeOutputs(path);
    }
  }
  try {
    mkdirSync(path, { recursive: true });
    const probe = join(path, '.writable');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new UserError(`--out ${path} cannot be written: ${(error as Error).message}. Name another folder.`);
  }
}

/** What is in a folder, but for what a killed trainer leaves before it has written anything of worth. */
function contentsOf(path: string): string[] {
  return readdirSync(path).filter((name) => name !== LOCK_NAME && !isLeftover(name));
}

/** What this program writes into an output folder; --force removes nothing else. */
const OUTPUT_NAMES = [
  'config.json',
  'manifest.json',
  'metrics.jsonl',
  'checkpoints',
  'tensorboard',
  'features',
  'snapshots',
  'clusters.json',
  'report.html',
  'masks',
  'overlays',
  'legend.json',
  'legend.svg',
  'tree.json',
  'run',
  SEEDS_FOLDER,
] as const;

function removeOutputs(path: string): void {
  refuseLocked(path);
  refuseLocked(join(path, 'run'));
  for (const name of OUTPUT_NAMES) rmSync(join(path, name), { recursive: true, force: true });
}

/** @throws UserError when `path` is no run, or one of another version */
export function readRunFile<T>(path: string, name: 'config.json' | 'manifest.json'): T {
  const file = join(path, name);
  if (!existsSync(file)) {
    throw new UserError(
      `${path} is not a run: it has no ${name}. Name the folder that \`autoregseg train --out\` wrote.`,
    );
  }
  let content: T & { readonly version?: unknown };
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) as T & { readonly version?: unknown };
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${(error as Error).message}. Restore it from a copy.`);
  }
  if (content.version !== RUN_VERSION) {
    throw new UserError(
      `${path} was written as run version ${content.version}; this program reads version ${RUN_VERSION}. ` +
        'Use the release of autoregseg that made it, or train again.',
    );
  }
  return content;
}

export function writeRunFile(path: string, name: 'config.json' | 'manifest.json', content: object): void {
  writeFileAtomic(join(path, name), `${JSON.stringify({ version: RUN_VERSION, ...content }, null, 2)}\n`);
}

/** Where a run keeps the feature maps that a backbone made. */
export function featureCache(path: string): string {
  return join(path, 'features');
}
