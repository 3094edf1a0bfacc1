/** Progress of an installation for people: one line that is redrawn on a terminal, a line now and then elsewhere. */
import type { WriteStream } from 'node:tty';
import type { InstallProgress } from './install.js';

/** Share of the bytes after which a stream that is no terminal gets the next line. */
const STEP = 0.1;

/** The stream that is written to, as far as it matters. */
export type ProgressStream = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/**
 * @returns `show` for each step of progress, `end` when nothing more comes
 * @example const { show, end } = progressLine(process.stderr);
 */
export function progressLine(stream: ProgressStream): {
  readonly show: (progress: InstallProgress) => void;
  readonly end: () => void;
} {
  let message = '';
  let nextShare = 0;
  const show = (progress: InstallProgress) => {
    const line = progressText(progress);
    if (stream.isTTY) {
      stream.write(`\r\u001B[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
      return;
    }
    const share = shareOf(progress);
    if (progress.message === message && share < nextShare) return;
    message = progress.message;
    nextShare = share + STEP;
    stream.write(`${line}\n`);
  };
  const end = () => {
    if (stream.isTTY) stream.write('\r\u001B[2K');
  };
  return { show, end };
}

/** @example progressText({ stage: 'download', message: 'downloading', bytes: 41e6, totalBytes: 207e6 }); // 'downloading: 41 of 207 MB' */
export function progressText({ message, bytes, totalBytes }: InstallProgress): string {
  return bytes === undefined || totalBytes === undefined
    ? message
    : `${message}: ${megabytes(Math.min(bytes, totalBytes))} of ${megabytes(totalBytes)} MB`;
}

/** Whole megabytes, of 10^6 bytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function shareOf({ bytes = 0, totalBytes = Infinity }: InstallProgress): number {
  return bytes / totalBytes;
}
