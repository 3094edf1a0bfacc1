/**
 * TIFF decoding in a child process (child/decode-tiff.mjs), which is started at the first file and kept for the next.
 *
 * Files are decoded one after another. A child that dies takes one file with it: the next file gets a new child. The child
 * neither keeps this process alive while idle, nor outlives it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UnreadableImageError } from './dataset.js';

/** Pixels of a TIFF as stored: row-major [height, width, samples]. */
export interface DecodedTiff {
  readonly height: number;
  readonly width: number;
  readonly samples: number;
  readonly data:
    Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
}

let child: ChildProcess | undefined;
let previous: Promise<unknown> = Promise.resolve();

/**
 * Decodes the first image of a TIFF file; an overview or a further page is never read.
 *
 * @throws UnreadableImageError when the file cannot be decoded, even when it ends the child
 */
export function decodeTiff(file: string): Promise<DecodedTiff> {
  const decoded = previous.then(() => request(file));
  previous = decoded.catch(() => undefined);
  return decoded;
}

function request(file: string): Promise<DecodedTiff> {
  child ??= start();
  const asked = child;
  keepAlive(asked, true);
  return new Promise<DecodedTiff>((resolve, reject) => {
    const settle = () => {
      asked.off('message', onMessage).off('exit', onExit).off('error', onError);
      keepAlive(asked, false);
    };
    const fail = (reason: string) => {
      settle();
      reject(new UnreadableImageError(file, reason));
    };
    const onMessage = (answer: DecodedTiff | { error: string }) => {
      if ('error' in answer) return fail(answer.error);
      settle();
      resolve(answer);
    };
    const onExit = (code: number | null, signal: string | null) =>
      fail(`the TIFF decoder ended (${signal ?? `exit code ${code}`}): the file may be too large for it`);
    const onError = ({ message }: Error) => fail(`the TIFF decoder failed: ${message}`);
    asked.on('message', onMessage).on('exit', onExit).on('error', onError);
    // A child that dies before it listens is told by 'exit', with its reason.
    asked.send(file, () => undefined);
  });
}

function start(): ChildProcess {
  const script = fileURLToPath(new URL('../child/decode-tiff.mjs', import.meta.url));
  // 'advanced': typed arrays travel as they are. No flags of this process are passed on.
  const started = fork(script, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  started.once('exit', () => {
    if (child === started) child = undefined;
  });
  return started;
}

function keepAlive(process: ChildProcess, alive: boolean): void {
  if (alive) {
    process.ref();
    process.channel?.ref();
  } else {
    process.unref();
    process.channel?.unref();
  }
}
