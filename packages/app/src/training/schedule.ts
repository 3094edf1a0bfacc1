/** The learning rate of each step, a linear rise, then a constant or a half cosine down to 0; and which step is the last. */

export interface Schedule {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly decay: 'none' | 'cosine';
  readonly steps: number;
}

/** @param step - 1-based */
export function learningRateAt(step: number, { learningRate, warmupSteps, decay, steps }: Schedule): number {
  const rise = warmupSteps > 0 ? Math.min(1, step / warmupSteps) : 1;
  const fall = decay === 'cosine' ? 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps)) : 1;
  return learningRate * rise * fall;
}

/** Whether a training that took so many steps in so many seconds is to take no more. */
export function isDone(
  { step, seconds }: { readonly step: number; readonly seconds: number },
  { steps, minutes }: { readonly steps: number; readonly minutes?: number },
): boolean {
  return step >= steps || (minutes !== undefined && seconds >= minutes * 60);
}
