/**
 * The answering side of src/child-channel.ts: one question at a time over the channel that `fork` opens.
 *
 * Ctrl-C reaches every process of a terminal. The one that asks decides what happens then; those that answer go on, and
 * end with it.
 */

/**
 * @template Question
 * @param {(question: Question) => Promise<object>} answer what it throws is the reason that the asking process gets
 */
export function answerQuestions(answer) {
  process.on('SIGINT', () => {});
  process.on('message', async (/** @type {Question} */ question) => {
    try {
      process.send?.(await answer(question));
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  // From here on an answer's time counts: what came before is Node's start.
  process.send?.({ ready: true });
}
