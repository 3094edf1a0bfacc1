/** The one error of the installation: at which stage, what was wrong with which value, and what to do. */

/** The stages of an installation, in order. */
export type InstallStage = 'prepare' | 'wait' | 'download' | 'unpack' | 'package' | 'compile' | 'verify' | 'link';

export class EngineInstallError extends Error {
  override readonly name = 'EngineInstallError';

  /**
   * @param stage - where the installation stopped
   * @param what - what was wrong, with the value that was got; no full stop
   * @param cure - what the user can do; no full stop
   */
  constructor(
    readonly stage: InstallStage,
    readonly what: string,
    readonly cure: string,
    options?: ErrorOptions,
  ) {
    super(`installEngine: ${stage}: ${what}. ${cure}.`, options);
  }
}
