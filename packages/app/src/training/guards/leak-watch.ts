/** Tensors that nobody frees: their number after a step is the same from step to step, unless something leaks. */

/** Steps until everything that is made once has been made. */
const SETTLED = 3;
/** One tensor a step would be this many after a hundred steps: long before memory ends. */
const TOLERATED = 100;

export class LeakWatch {
  private looks = 0;
  private base = 0;
  private warned = false;

  /**
   * @param tensors - alive after the step
   * @returns a warning, once; else undefined
   */
  look(step: number, tensors: number): string | undefined {
    this.looks += 1;
    if (this.looks <= SETTLED) this.base = Math.max(this.base, tensors);
    if (this.warned || tensors <= this.base + TOLERATED) return undefined;
    this.warned = true;
    return (
      `memory leak: ${tensors} tensors are alive after step ${step}, ${this.base} were at the start. ` +
      'Training goes on; please report it with the command and the dataset'
    );
  }
}
