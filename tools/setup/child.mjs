/** Runs one long command of the set-up: quiet while it works, its whole output kept for the case that it fails. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { startProgress } from './progress.mjs';

/** A step that failed: `output` is all that the command wrote, `lastLine` the last of it that says something. */
export class StepError extends Error {
  /** @param {string} title @param {string} output @param {string} cause - exit code or signal, in words */
  constructor(title, output, cause) {
    super(`${title} failed (${cause})`);
    this.name = 'StepError';
    this.output = output;
    this.lastLine = lastLine(output) || cause;
  }
}

/** Ctrl-C or a supervisor's signal: not a failure of the step, and no reason to remember one. */
export class InterruptedError extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.name = 'InterruptedError';
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * @param {string} title - what the user reads
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, shell?: boolean }} options
 * @returns {Promise<string>} what the command wrote to stdout
 * @throws {StepError} when it cannot start, exits with another code than 0 or is killed
 * @throws {InterruptedError} when we are told to stop; the command has ended by then
 */
export function runStep(title, command, args, { cwd, env = {}, shell = false }) {
  return new Promise((resolve, reject) => {
    const progress = startProgress(title);
    let output = '';
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches the command once, through us, and all that it started with it.
      detached: process.platform !== 'win32',
    });
    const interruption = forwardSignals(child);

    let stdout = '';
    /** @param {string} text */
    const collect = (text) => {
      output += text;
      progress.say(lastLine(output.slice(-2000)));
    };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      collect(text);
    });
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => {
      output += `\n${error.message}\n`;
    });
    child.on('close', (code, signal) => {
      const interruptedBy = interruption.end();
      progress.stop(interruptedBy ? 'stopped' : code === 0 ? 'done' : 'FAILED');
      if (interruptedBy) reject(new InterruptedError(interruptedBy));
      else if (code === 0) resolve(stdout);
      else reject(new StepError(title, output, signal ? `stopped by ${signal}` : `exit code ${code}`));
    });
  });
}

/**
 * Passes the first signal that comes on to a command and all that it started. We go on until it has ended, and so keep the
 * lock. npm would undo for half a minute what the next run starts afresh anyway: after some seconds it is killed.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function forwardSignals(child) {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  /** @type {NodeJS.Signals | undefined} */
  let first;
  /** @type {NodeJS.Timeout | undefined} */
  let patience;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (first) return; // `npm run` repeats the Ctrl-C that the terminal has sent us already
    first = signal;
    signalGroup(child, signal);
    patience = setTimeout(() => signalGroup(child, 'SIGKILL'), 5000);
  };
  for (const signal of signals) process.on(signal, forward);
  return {
    /** @returns the first signal that came, if any did */
    end() {
      for (const signal of signals) process.off(signal, forward);
      clearTimeout(patience);
      return first;
    },
  };
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup(child, signal) {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // ended in the meantime
  }
}

/** @param {string} text @returns {string} the last line with a word in it, without colours */
export function lastLine(text) {
  const lines = stripVTControlCharacters(text).split(/[\r\n]+/);
  return lines.map((line) => line.trim()).findLast((line) => /\w/.test(line)) ?? '';
}
