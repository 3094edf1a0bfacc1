/** `autoregseg prepare`: turns the releases of the benchmark datasets into what training reads. */
import { prepareCocoStuff, preparePotsdam, type PrepareOptions } from '@autoregseg/data';
import { Argument, Command, Option } from 'commander';
import { printJson, printResult, say, startProgress, warn, type Progress } from './console.js';
import { onInterrupt } from './interrupt.js';
import { oneOf, positiveNumber, wholeNumber, withJson, type JsonOptions } from './options.js';

interface PrepareCommandOptions extends JsonOptions {
  readonly out: string;
  readonly workers?: number;
}

interface PotsdamOptions extends PrepareCommandOptions {
  readonly shrink?: number;
  readonly crop?: number;
  readonly labels?: (typeof LABELS)[number];
  readonly unknownColours?: (typeof UNKNOWN)[number];
  readonly seed?: number;
}

interface CocoStuffOptions extends PrepareCommandOptions {
  readonly scale?: number;
  readonly dataset?: (typeof COCO_DATASETS)[number];
  readonly split?: (typeof COCO_SPLITS)[number];
}

const LABELS = ['participants', 'all', 'no-boundary'] as const;
const UNKNOWN = ['error', 'nearest', 'ignore'] as const;
const COCO_DATASETS = ['coco-stuff', 'coco-stuff3'] as const;
const COCO_SPLITS = ['all', 'train', 'val'] as const;

export function prepareCommand(): Command {
  return new Command('prepare')
    .description('Turn a downloaded benchmark into what training reads. The same command goes on where it was stopped.')
    .addCommand(potsdamCommand())
    .addCommand(cocoStuffCommand());
}

function potsdamCommand(): Command {
  const command = new Command('potsdam')
    .description('Cut the tiles of the Potsdam release into crops of red, green, blue and infrared, and of labels.')
    .addArgument(new Argument('<raw>', 'folder that holds 4_Ortho_RGBIR and the folders of labels'))
    .option('--shrink <n>', 'pixels of a tile, each way, that become one (2, as IIC)', wholeNumber(1))
    .option('--crop <pixels>', 'side of a crop after shrinking (200, as IIC)', wholeNumber(8))
    .addOption(
      new Option('--labels <which>', "participants: IIC's 24 tiles; all: 38; no-boundary: borders ignored").argParser(
        oneOf(LABELS),
      ),
    )
    .addOption(
      new Option('--unknown-colours <what>', "a label pixel of no class's colour: error, nearest, ignore").argParser(
        oneOf(UNKNOWN),
      ),
    )
    .option('--seed <n>', 'seed of the tenth of the crops that is held out', wholeNumber(0))
    .addHelpText('after', '\nExample:\n  autoregseg prepare potsdam ./Potsdam --out ./potsdam-crops');
  return withCommon(command).action(runPotsdam);
}

function cocoStuffCommand(): Command {
  const command = new Command('coco-stuff')
    .description('Scale the images of COCO-Stuff that the curated lists name, and their labels.')
    .addArgument(new Argument('<raw>', 'folder that holds images, annotations and curated'))
    .option('--scale <factor>', 'what images are scaled by (0.33, as IIC)', positiveNumber)
    .addOption(new Option('--dataset <name>', 'follow the lists of one dataset').argParser(oneOf(COCO_DATASETS)))
    .addOption(new Option('--split <part>', COCO_SPLITS.join(', ')).argParser(oneOf(COCO_SPLITS)))
    .addHelpText('after', '\nExample:\n  autoregseg prepare coco-stuff ./coco --out ./coco-small');
  return withCommon(command).action(runCocoStuff);
}

function withCommon(command: Command): Command {
  return withJson(command)
    .requiredOption('--out <dir>', 'folder for the result; may hold an unfinished one')
    .option('--workers <n>', 'child processes (as many as cores)', wholeNumber(1));
}

async function runPotsdam(raw: string, options: PotsdamOptions): Promise<void> {
  const { out, json } = options;
  const result = await withProgress('tiles', options, (common) => preparePotsdam(raw, out, { ...options, ...common }));
  if (json) printJson({ out, ...result });
  else if (result.finished) {
    const { unlabelled_train, labelled_train, labelled_test } = result.lists;
    printResult(
      `${result.crops} crops of ${result.tiles} tiles in ${out}: ${unlabelled_train} without labels, ` +
        `${labelled_train} with, ${labelled_test} held out`,
    );
  }
}

async function runCocoStuff(raw: string, options: CocoStuffOptions): Promise<void> {
  const { out, json, dataset } = options;
  const result = await withProgress('images', options, (common) =>
    prepareCocoStuff(raw, out, { ...options, ...(dataset && { datasets: [dataset] }), ...common }),
  );
  if (json) printJson({ out, ...result });
  else if (result.finished) printResult(`${result.images} images in ${out}, ${result.faulty.length} left out`);
}

/** Runs a preparation with a progress bar; Ctrl-C ends it after the work under way, with exit code 130. */
async function withProgress<Result extends { readonly finished: boolean }>(
  title: string,
  { workers }: PrepareCommandOptions,
  prepare: (options: PrepareOptions) => Promise<Result>,
): Promise<Result> {
  const interrupt = onInterrupt();
  let progress: Progress | undefined;
  try {
    const result = await prepare({
      ...(workers !== undefined && { workers }),
      signal: interrupt.signal,
      onWarning: warn,
      onProgress(done, total, note) {
        progress ??= startProgress(title, total, done);
        progress.update(done, note);
      },
    });
    progress?.stop();
    if (!result.finished) {
      say('stopped; the same command goes on from there');
      process.exitCode = 130;
    }
    return result;
  } finally {
    progress?.stop();
    interrupt.release();
  }
}
