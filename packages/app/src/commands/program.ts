/** All commands, and what their failures look like: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. */
import { Command, type CommanderError, type Option } from 'commander';
import { version } from '../../package.json';
import { UsageError, UserError } from '../errors.js';
import { ablateCommand } from './ablate.js';
import { baselineCommand } from './baseline.js';
import { benchCommand } from './bench.js';
import { say } from './console.js';
import { dataCommand } from './data.js';
import { demoCommand } from './demo.js';
import { engineCommand } from './engine.js';
import { evaluateCommand } from './evaluate.js';
import { exportCommand } from './export.js';
import { orderingsCommand } from './orderings.js';
import { importCommand } from './import.js';
import { planCommand } from './plan.js';
import { predictCommand } from './predict.js';
import { presetsCommand } from './presets.js';
import { probeCommand } from './probe.js';
import { prepareCommand } from './prepare.js';
import { reportCommand } from './report.js';
import { segmentCommand } from './segment.js';
import { studyCommand } from './study.js';
import { tableCommand } from './table.js';
import { trainCommand } from './train.js';
import { treeCommand } from './tree.js';
import { viewCommand } from './view.js';

/** The program with all its commands, nothing parsed yet. */
export function createProgram(): Command {
  const program = new Command('autoregseg')
    .description('Segment images without labels: agreement between raster-scan orderings.')
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .addHelpText('after', '\nExample:\n  autoregseg segment ./photos -k 6 --out ./masks');
  const commands = [
    prepareCommand(),
    dataCommand(),
    demoCommand(),
    segmentCommand(),
    planCommand(),
    trainCommand(),
    evaluateCommand(),
    predictCommand(),
    probeCommand(),
    baselineCommand(),
    tableCommand(),
    ablateCommand(),
    presetsCommand(),
    reportCommand(),
    viewCommand(),
    exportCommand(),
    orderingsCommand(),
    importCommand(),
    engineCommand(),
    benchCommand(),
    studyCommand(),
    treeCommand(),
  ];
  for (const command of commands) program.addCommand(inherit(command, program));
  return program;
}

/** Commands made on their own take the program's ways with errors. */
function inherit(command: Command, program: Command): Command {
  command.copyInheritedSettings(program);
  nameStrayOptionsFirst(command);
  for (const child of command.commands) inherit(child, program);
  return command;
}

/** Methods of commander's that its types leave out. */
interface CommandInside {
  missingMandatoryOptionValue(option: Option): void;
  unknownOption(flag: string): void;
}

/** commander asks for what is missing before it looks at what it does not know: `--ouut` would be a missing `--out`. */
function nameStrayOptionsFirst(command: Command): void {
  const inside = command as unknown as CommandInside;
  const complain = inside.missingMandatoryOptionValue.bind(command);
  inside.missingMandatoryOptionValue = (option) => {
    const stray = command.args.find((word) => /^--?[a-z]/i.test(word));
    if (stray !== undefined) inside.unknownOption(stray);
    complain(option);
  };
}

/** @returns the exit code */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...argv]);
    // A command that was stopped, or found a fault without an error, has set its own.
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return reportFailure(error);
  }
}

function reportFailure(error: unknown): number {
  // commander has printed its message, or the help that was asked for.
  if (isCommanderError(error)) return error.exitCode === 0 ? 0 : 2;
  const isOurs = error instanceof UserError || error instanceof RangeError || error instanceof TypeError;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  say(`error: ${isOurs || !process.env.AUTOREGSEG_DEBUG ? message : stack}`);
  return error instanceof UsageError ? 2 : 1;
}

/** By its code: commands of another package may bring another copy of commander. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}
