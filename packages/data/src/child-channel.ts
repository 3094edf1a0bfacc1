/**
 * Questions to a child process, one after the other, over the channel that `fork` opens.
 *
 * The child is started at the first question and kept for the next. One that dies takes one question with it, and so does
 * one that is ended because it took too long: the next gets a new child. It neither keeps this process alive while idle, nor outlives it.
 */
import { fork, type ChildProcess } from 'node:child_process';

/** What the child says about a question it could not answer. */
interface Refusal {
  readonly error: string;
}

/** What the child says once, as soon as it listens. */
interface Ready {
  readonly ready: true;
}

export interface ChildChannelOptions {
  /** Path of the child's script, plain JavaScript. */
  readonly script: string;
  /** What it is called in errors, such as 'the TIFF decoder'. */
  readonly name: string;
  /** Makes the error of a question from the reason. */
  readonly refuse: (question: unknown, reason: string) => Error;
}

export interface QuestionOptions {
  /** Milliseconds for an answer, from when the child listens; then it is ended. @defaultValue Infinity */
  readonly patienceMs?: number;
}

/** For those whose disk or machine is slow, not their file broken. */
const CURE = '; if the file is sound, allow more with AUTOREGSEG_DECODE_SECONDS';

export class ChildChannel {
  private child: ChildProcess | undefined;
  private isReady = false;
  private previous: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ChildChannelOptions) {}

  /** @throws what `refuse` makes when the child answers with an error, dies, or takes too long */
  ask<Answer extends object>(
    question: object | string,
    { patienceMs = Infinity }: QuestionOptions = {},
  ): Promise<Answer> {
    const answered = this.previous.then(() => this.askNow<Answer>(question, patienceMs));
    this.previous = answered.catch(() => undefined);
    return answered;
  }

  /** Ends the child once all questions are answered; a later question would start another. */
  async close(): Promise<void> {
    await this.previous;
    this.child?.kill();
    this.child = undefined;
  }

  private askNow<Answer extends object>(question: object | string, patienceMs: number): Promise<Answer> {
    const { name, refuse } = this.options;
    this.child ??= this.start();
    const asked = this.child;
    keepAlive(asked, true);
    return new Promise<Answer>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = () => {
        clearTimeout(timer);
        asked.off('message', onMessage).off('exit', onExit).off('error', onError);
        keepAlive(asked, false);
      };
      const fail = (reason: string) => {
        settle();
        reject(refuse(question, reason));
      };
      const startTimer = () => {
        if (Number.isFinite(patienceMs)) timer = setTimeout(giveUp, patienceMs);
      };
      const giveUp = () => {
        this.child = undefined;
        fail(`${name} was ended after ${(patienceMs / 1000).toFixed(1)} s without an answer${CURE}`);
        asked.kill('SIGKILL');
      };
      const onMessage = (answer: Answer | Refusal | Ready) => {
        if ('ready' in answer) {
          this.isReady = true;
          return startTimer();
        }
        if ('error' in answer) return fail(answer.error);
        settle();
        resolve(answer);
      };
      const onExit = (code: number | null, signal: string | null) =>
        fail(`${name} ended (${signal ?? `exit code ${code}`}): the file may be too large for it`);
      const onError = ({ message }: Error) => fail(`${name} failed: ${message}`);
      asked.on('message', onMessage).on('exit', onExit).on('error', onError);
      if (this.isReady) startTimer();
      // A child that dies before it listens is told by 'exit', with its reason.
      asked.send(question, () => undefined);
    });
  }

  private start(): ChildProcess {
    this.isReady = false;
    // 'advanced': typed arrays travel as they are. No flags of this process are passed on.
    const started = fork(this.options.script, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    started.once('exit', () => {
      if (this.child === started) this.child = undefined;
    });
    return started;
  }
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
