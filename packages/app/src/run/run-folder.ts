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
 *
 * The folder is locked while a trainer is alive in it, and is never written over unless the user says so.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { writeFileAtomic } from './atomic-file.js';

/** Grows by one when an older program could no longer read what is written. */
const RUN_VERSION = 1;

/**
 * Makes `path` ready to be written by a command.
 *
 * @param force - a non-empty folder is emptied of what this program wrote rather than refused
 * @throws UserError when it is a file, is not empty (without `force`), or can't be written
 */
export function prepareOutputFolder(path: string, { force = false }: { readonly force?: boolean } = {}): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw new UserError(`--out ${path} is a file. Name a folder.`);
    if (readdirSync(path).length > 0) {
      if (!force) throw new UserError(`--out ${path} is not empty. Name another folder, or add --force to replace it.`);
      removeOutputs(path);
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
  'clusters.json',
  'tree.json',
  'run',
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

interface LockHolder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Takes the run's lock; a lock whose process is gone is taken over.
 *
 * @returns a function that gives the lock back
 * @throws UserError while another living process holds it
 */
export function lockRun(path: string): () => void {
  refuseLocked(path);
  const file = lockPath(path);
  rmSync(file, { force: true });
  // 'wx' fails when another process won the race between the two lines.
  writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() } satisfies LockHolder), { flag: 'wx' });
  return () => rmSync(file, { force: true });
}

function refuseLocked(path: string): void {
  const holder = lockHolder(path);
  if (holder) {
    throw new UserError(
      `${path} is in use by process ${holder.pid} on ${holder.host}. Wait for it or stop it; ` +
        `if it is surely gone, delete ${lockPath(path)}.`,
    );
  }
}

/** The living holder of the lock; a holder on another machine counts as living, since nobody here can tell. */
function lockHolder(path: string): LockHolder | undefined {
  let holder: LockHolder;
  try {
    holder = JSON.parse(readFileSync(lockPath(path), 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
  return holder.host !== hostname() || isAlive(holder.pid) ? holder : undefined;
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function lockPath(path: string): string {
  return join(path, '.lock');
}
