#!/usr/bin/env node
/** The command `autoregseg`: runs one command line and turns its outcome into the exit code. */
import { runCli } from './commands/program.js';

// Whoever reads the results may have seen enough, as `| head` has: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
// Nobody reads the progress any more: the work goes on.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// No top-level await: the CommonJS build has none.
void runCli(process.argv).then((code) => {
  process.exitCode = code;
});
