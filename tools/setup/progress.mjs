/**
 * Progress of one step: on a terminal one line with elapsed time and the command's last words; elsewhere a plain line at
 * the start, one every half minute and one at the end.
 *
 * All of it goes to stderr: stdout belongs to the command that the set-up serves.
 */

/** @param {string} title */
export function startProgress(title) {
  const start = performance.now();
  const elapsed = () => `${Math.round((performance.now() - start) / 1000)} s`;
  const terminal = process.stderr.isTTY && !process.env.CI;
  let words = '';
  const draw = () => {
    const line = `set-up: ${title} … ${elapsed()}${words ? `  ${words}` : ''}`;
    if (terminal) process.stderr.write(`\r\u001B[2K${line.slice(0, process.stderr.columns - 1)}`);
    else process.stderr.write(`${line}\n`);
  };
  if (terminal) draw();
  else process.stderr.write(`set-up: ${title} …\n`);
  const timer = setInterval(draw, terminal ? 200 : 30_000);
  return {
    /** @param {string} text */
    say(text) {
      words = text;
    },
    /** @param {string} outcome */
    stop(outcome) {
      clearInterval(timer);
      const line = `set-up: ${title} ${outcome} (${elapsed()})\n`;
      process.stderr.write(terminal ? `\r\u001B[2K${line}` : line);
    },
  };
}
