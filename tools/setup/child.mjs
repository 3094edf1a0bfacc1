/**
 * Runs one long command of the set-up: quiet while it works, its whole output shown when it fails.
 *
 * On a terminal one line shows elapsed time and the command's last words; elsewhere a plain line at the start, one every
 * half minute and one at the end. All of it goes to stderr: stdout belongs to the command that the set-up serves.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { stripVTControlCharacters } from 'node:util';

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
 * @returns {Promise<string>} the command's output
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
    });
    // A terminal sends Ctrl-C to both; a supervisor to us alone. The lock is kept until the child is gone.
    /** @type {NodeJS.Signals | undefined} */
    let interruption;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      interruption = signal;
      child.kill(signal);
    };
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.on(signal, forward);

    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      output += chunk.toString();
      progress.say(lastLine(output.slice(-2000)));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      output += `\n${error.message}\n`;
    });
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      progress.stop(code === 0);
      if (interruption) reject(new InterruptedError(interruption));
      else if (code === 0) resolve(output);
      else reject(new StepError(title, output, signal ? `stopped by ${signal}` : `exit code ${code}`));
    });
  });
}

/** @param {string} text @returns {string} the last line with a word in it, without colours */
export function lastLine(text) {
  const lines = stripVTControlCharacters(text).split(/[\r\n]+/);
  return lines.map((line) => line.trim()).findLast((line) => /\w/.test(line)) ?? '';
}

/** @param {string} title */
function startProgress(title) {
  const start = performance.now();
  const elapsed = () => `${Math.round((performance.now() - start) / 1000)} s`;
  const terminal = process.stderr.isTTY && !process.env.CI;
  let words = '';
  const draw = () => {
    const line = `set-up: ${title} … ${elapsed()}${words ? `  ${words}` : ''}`;
    if (terminal) process.stderr.write(`\r\u001B[2K${line.slice(0, process.stderr.columns - 1)}`);
    else process.stderr.write(`${line}\n`);
  };
  if (terminal) draw();
  else process.stderr.write(`set-up: ${title} …\n`);
  const timer = setInterval(draw, terminal ? 200 : 30_000);
  return {
    /** @param {string} text */
    say(text) {
      words = text;
    },
    /** @param {boolean} succeeded */
    stop(succeeded) {
      clearInterval(timer);
      const line = `set-up: ${title} ${succeeded ? 'done' : 'FAILED'} (${elapsed()})\n`;
      process.stderr.write(terminal ? `\r\u001B[2K${line}` : line);
    },
  };
}
