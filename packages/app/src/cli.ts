#!/usr/bin/env node
/** The command `autoregseg`: runs one command line and turns its outcome into the exit code. */
import { runCli } from './commands/program.js';

// No top-level await: the CommonJS build has none.
void runCli(process.argv).then((code) => {
  process.exitCode = code;
});
