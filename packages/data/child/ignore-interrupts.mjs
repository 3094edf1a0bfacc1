/**
 * Ctrl-C reaches every process of a terminal. The one that asks decides what happens then; those that answer go on, and
 * end with it.
 */
export function ignoreInterrupts() {
  process.on('SIGINT', () => {});
}
