/** `autoregseg orderings list|show|overlap`: orderings to look at. */
import { writeFileSync } from 'node:fs';
import { ORDERING_NAMES, orderingByName, orderingOverlap, type Ordering } from '@autoregseg/orderings/ranks';
import { Argument, Command, InvalidArgumentError } from 'commander';
import sharp from 'sharp';
import { UsageError } from '../errors.js';
import { orderingPicture, sightsOf, type Sight } from '../pictures/ordering-picture.js';
import { printJson, printResult, say } from './console.js';
import { imageSize, wholeNumber, withJson, type JsonOptions } from './options.js';

interface ShowOptions extends JsonOptions {
  readonly layers: number;
  readonly size: [number, number];
  readonly position?: [number, number];
  readonly png?: string;
  readonly svg?: string;
}

export function orderingsCommand(): Command {
  const command = new Command('orderings')
    .description('Look at orderings: their paths, what layers see through them, and how much two of them share.')
    .addHelpText('after', '\nExample:\n  autoregseg orderings show hilbert --layers 3 --png hilbert.png');
  command.addCommand(listCommand());
  command.addCommand(showCommand());
  command.addCommand(overlapCommand());
  return command;
}

function listCommand(): Command {
  return withJson(new Command('list'))
    .description('Print the names of all orderings.')
    .addHelpText('after', '\nExample:\n  autoregseg orderings list')
    .action(({ json }: JsonOptions) => {
      const names = [...ORDERING_NAMES, 'blocks:<side>', 'random:<seed>'];
      if (json) printJson({ orderings: names });
      else names.forEach(printResult);
    });
}

function showCommand(): Command {
  return withJson(withSize(new Command('show')))
    .description("Show an ordering's turns and what layers see from one position.")
    .addArgument(new Argument('<name>', 'one of `orderings list`').argParser(ordering))
    .option('--layers <n>', 'layers in each stack', wholeNumber(1), 3)
    .option('--position <row,column>', 'the position that looks (default: the middle)', place)
    .option('--png <file>', 'draw the path and the receptive fields into this PNG file')
    .option('--svg <file>', 'the same as SVG, with titles')
    .addHelpText('after', '\nExample:\n  autoregseg orderings show hilbert --layers 3 --png hilbert.png')
    .action(show);
}

function overlapCommand(): Command {
  return withJson(withSize(new Command('overlap')))
    .description('Print how much two orderings show the same, mean over all positions.')
    .addArgument(new Argument('<first>', 'one of `orderings list`').argParser(ordering))
    .addArgument(new Argument('<second>', 'another').argParser(ordering))
    .addHelpText('after', '\nExample:\n  autoregseg orderings overlap top-left-row bottom-right-row --json')
    .action((first: Ordering, second: Ordering, { size: [height, width], json }: ShowOptions) => {
      const overlap = orderingOverlap(first, second, { height, width });
      if (json) printJson({ first: first.name, second: second.name, height, width, ...overlap });
      else
        printResult(
          `${overlap.shared.toFixed(1)} positions in common, ${(100 * overlap.share).toFixed(1)} % of what either shows`,
        );
    });
}

async function show(ordering: Ordering, options: ShowOptions): Promise<void> {
  const [height, width] = options.size;
  const position = options.position ?? ([Math.floor(height / 2), Math.floor(width / 2)] as [number, number]);
  if (position[0] >= height || position[1] >= width) {
    throw new UsageError(`--position ${position.join(',')} lies outside of the map of ${height}x${width}`);
  }
  const at = { height, width, position, layers: options.layers };
  const sights = sightsOf(ordering, at);
  const files = await draw(ordering, at, options);
  if (options.json) {
    const fields = sights.map(({ kind, seen, blind }) => ({ kind, seen: [...seen], blind: [...blind] }));
    printJson({ ordering: ordering.name, ...at, turns: [...ordering.rank(height, width)], fields, ...files });
    return;
  }
  printResult(`${ordering.name}, turns on ${height}x${width}`);
  printResult(table(Array.from(ordering.rank(height, width), String), width));
  for (const sight of sights) {
    printResult(
      `\n${at.layers} x ${sight.kind}: @ looks, o seen, x blind (past, in reach, never seen), - past, . later`,
    );
    printResult(table(marks(ordering, sight, at), width));
  }
}

async function draw(ordering: Ordering, at: Parameters<typeof sightsOf>[1], { png, svg }: ShowOptions) {
  if (svg !== undefined) writeFileSync(svg, orderingPicture(ordering, { ...at, titles: true }));
  // Without titles: letters would depend on the machine's fonts.
  if (png !== undefined)
    await sharp(Buffer.from(orderingPicture(ordering, { ...at, titles: false })))
      .png()
      .toFile(png);
  for (const file of [svg, png]) if (file !== undefined) say(`picture written to ${file}`);
  return { png, svg };
}

function marks(
  ordering: Ordering,
  { seen, blind }: Sight,
  { height, width, position }: Parameters<typeof sightsOf>[1],
) {
  const turns = ordering.rank(height, width);
  const own = position[0] * width + position[1];
  return Array.from(turns, (turn, i) => {
    if (i === own) return '@';
    if (seen[i] === 1) return 'o';
    if (blind[i] === 1) return 'x';
    return turn < turns[own] ? '-' : '.';
  });
}

function table(cells: readonly string[], width: number): string {
  const length = Math.max(...cells.map((cell) => cell.length));
  const lines = Array.from({ length: cells.length / width }, (_, row) => cells.slice(row * width, (row + 1) * width));
  return lines.map((line) => line.map((cell) => cell.padStart(length)).join(' ')).join('\n');
}

function withSize(command: Command): Command {
  return command.option('--size <HxW>', 'rows and columns of the map', imageSize, [9, 13]);
}

function ordering(name: string): Ordering {
  try {
    return orderingByName(name);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** `row,column`, counted from 0. */
function place(value: string): [number, number] {
  const match = /^(\d+),(\d+)$/.exec(value);
  if (match === null) throw new InvalidArgumentError('A row and a column are needed, such as 4,6.');
  return [Number(match[1]), Number(match[2])];
}
