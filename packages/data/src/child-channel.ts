/**
 * Questions to a child process, one after the other, over the channel that `fork` opens.
 *
 * The child is started at the first question and kept for the next. One that dies takes one question with it: the next
 * gets a new child. It neither keeps this process alive while idle, nor outlives it.
 */
import { fork, type ChildProcess } from 'node:child_process';

/** What the child says about a question it could not answer. */
interface Refusal {
  readonly error: string;
}

export interface ChildChannelOptions {
  /** Path of the child's script, plain JavaScript. */
  readonly script: string;
  /** What it is called in errors, such as 'the TIFF decoder'. */
  readonly name: string;
  /** Makes the error of a question from the reason. */
  readonly refuse: (question: unknown, reason: string) => Error;
}

export class ChildChannel {
  private child: ChildProcess | undefined;
  private previous: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ChildChannelOptions) {}

  /** @throws what `refuse` makes when the child answers with an error, or dies */
  ask<Answer extends object>(question: object | string): Promise<Answer> {
    const answered = this.previous.then(() => this.askNow<Answer>(question));
    this.previous = answered.catch(() => undefined);
    return answered;
  }

  /** Ends the child once all questions are answered; a later question would start another. */
  async close(): Promise<void> {
    await this.previous;
    this.child?.kill();
    this.child = undefined;
  }

  private askNow<Answer extends object>(question: object | string): Promise<Answer> {
    const { name, refuse } = this.options;
    this.child ??= this.start();
    const asked = this.child;
    keepAlive(asked, true);
    return new Promise<Answer>((resolve, reject) => {
      const settle = () => {
        asked.off('message', onMessage).off('exit', onExit).off('error', onError);
        keepAlive(asked, false);
      };
      const fail = (reason: string) => {
        settle();
        reject(refuse(question, reason));
      };
      const onMessage = (answer: Answer | Refusal) => {
        if ('error' in answer) return fail(answer.error);
        settle();
        resolve(answer);
      };
      const onExit = (code: number | null, signal: string | null) =>
        fail(`${name} ended (${signal ?? `exit code ${code}`}): the file may be too large for it`);
      const onError = ({ message }: Error) => fail(`${name} failed: ${message}`);
      asked.on('message', onMessage).on('exit', onExit).on('error', onError);
      // A child that dies before it listens is told by 'exit', with its reason.
      asked.send(question, () => undefined);
    });
  }

  private start(): ChildProcess {
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
