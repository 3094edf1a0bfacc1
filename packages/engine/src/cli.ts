#!/usr/bin/env node
/** The command `autoregseg-engine`: exit 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. */
import { CommanderError, type Command } from 'commander';
import { createEngineCommand } from './commands.js';

const program = createEngineCommand({ name: 'autoregseg-engine', typed: 'npx @autoregseg/engine' });
program.showSuggestionAfterError();
for (const command of [program, ...program.commands]) throwInsteadOfExit(command);

// No top-level await: the CommonJS build has none.
void program.parseAsync().catch((error: unknown) => {
  // commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
});

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for the options)');
}
