/**
 * How commands speak: results on stdout, everything else on stderr.
 *
 * With --json stdout holds one JSON object and nothing else.
 */
import { describeFallback, type EngineDescription } from '@autoregseg/engine';
import cliProgress from 'cli-progress';
import type { StepMetrics } from '../run/metrics.js';

export function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

const warned = new Set<string>();

/** Says each warning once: a folder that is opened for training and again for the masks has the same faults twice. */
export function warn(message: string): void {
  if (!warned.has(message)) say(`warning: ${message}`);
  warned.add(message);
}

export function printResult(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Control characters as text: a file's name must not move the cursor or clear the screen. */
function printable(line: string): string {
  // eslint-disable-next-line no-control-regex -- all but the end of a line
  return line.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) =>
    character === '\r' ? '\\r' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function printJson(object: object): void {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}

/** One line when a slower engine stands in for native TensorFlow; nothing otherwise. */
export function sayFallback(engine: EngineDescription): void {
  const line = describeFallback(engine);
  if (line !== undefined) say(line);
}

export interface Progress {
  update(done: number, note?: string): void;
  stop(): void;
}

/** Between two lines of progress where stderr is no terminal. */
const LINE_INTERVAL_MS = 10_000;

/**
 * A bar with the time left on a terminal; elsewhere a line every few seconds.
 *
 * @param done - where it starts, such as the step that a resumed run goes on from
 */
export function startProgress(title: string, total: number, done = 0): Progress {
  return process.stderr.isTTY ? startBar(title, total, done) : startLines(title, total);
}

function startBar(title: string, total: number, done: number): Progress {
  const bar = new cliProgress.SingleBar(
    {
      format: `${title} {bar} {value}/{total}  {eta_formatted} left  {note}`,
      hideCursor: true,
      stream: process.stderr,
      etaBuffer: 20,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, done, { note: '' });
  return { update: (value, note = '') => bar.update(value, { note }), stop: () => bar.stop() };
}

function startLines(title: string, total: number): Progress {
  const started = performance.now();
  let first: number | undefined;
  let last = -Infinity;
  return {
    update(value, note = '') {
      first ??= value - 1;
      const now = performance.now();
      if (now - last < LINE_INTERVAL_MS && value < total) return;
      last = now;
      const left = ((now - started) / (value - first)) * (total - value);
      say(`${title} ${value}/${total}  ${formatSeconds(left / 1000)} left  ${note}`);
    },
    stop() {},
  };
}

export function describeStep({ loss, effectiveClusters, agreement, imagesPerSecond }: StepMetrics): string {
  return (
    `loss ${loss.toFixed(3)} nats, ${effectiveClusters.toFixed(1)} clusters in use, ` +
    `views agree on ${(100 * agreement).toFixed(0)} %, ${imagesPerSecond.toFixed(1)} images/s`
  );
}

/** @example formatSeconds(95) // '1 min 35 s' */
function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
