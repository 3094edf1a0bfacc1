/**
 * The whole table over a dataset: every method from every seed, written as it grows.
 *
 * Each cell is a file; a table that was stopped goes on with the cells that are missing.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeEngine, useEngine, type EnginePreference } from '@autoregseg/engine';
import { writeFileAtomic } from '../run/atomic-file.js';
import { describeMachine } from '../run/machine.js';
import { fingerprint, type Cell, type CellWatch, type TableSetting } from './cell.js';
import { tableMarkdown } from './markdown.js';
import { secondsBySeed, summarise, type TableLine, type TableRow } from './summary.js';
import { tableHtml } from './table-html.js';

/** A line, and how its cells are made. */
export interface RunnableLine extends TableLine {
  /**
   * @param steps - of training, `config.steps` or fewer; what trains nothing leaves them alone
   * @returns undefined when the watch asked to stop
   */
  make(seed: number, steps: number, watch: CellWatch): Promise<Cell | undefined>;
}

export interface TableRequest extends TableSetting {
  readonly lines: readonly RunnableLine[];
  readonly seeds: readonly number[];
  readonly out: string;
  readonly engine?: EnginePreference;
  /** Train what is slower than the fastest method again, with as many steps as fit in its seconds. */
  readonly equalSeconds?: boolean;
  /** What the user typed. */
  readonly command: string;
  readonly signal?: AbortSignal;
  /** Told before each cell that is made, and given who looks on while it is. */
  readonly onCell?: (title: string, seed: number, steps: number) => CellWatch;
}

/**
 * Cells seed by seed, so that all lines stand side by side early; table.md, table.json and table.html after each.
 *
 * @returns the rows so far, all of them unless the signal was aborted
 */
export async function runTable(request: TableRequest): Promise<TableRow[]> {
  const { lines, seeds, out, config, equalSeconds = false } = request;
  const engine = describeEngine(await useEngine(request.engine));
  mkdirSync(join(out, 'cells'), { recursive: true });
  const cells: Cell[] = [];
  const shorter: Cell[] = [];
  let rows: TableRow[] = [];
  const add = async (into: Cell[], line: RunnableLine, seed: number, steps: number): Promise<boolean> => {
    // Lines of one id are one training under several names.
    if (into.some((known) => known.method === line.id && known.seed === seed)) return true;
    const cell = await readOrMake(line, seed, steps, request);
    if (!cell) return false;
    into.push(cell);
    rows = summarise(cells, lines, shorter);
    writeTable(rows, request, engine);
    return true;
  };
  for (const seed of seeds) {
    for (const line of lines) {
      if (!(await add(cells, line, seed, config.steps))) return rows;
    }
    if (!equalSeconds) continue;
    for (const { line, steps } of slowerLines(cells, seed, request)) {
      if (!(await add(shorter, line, seed, steps))) return rows;
    }
  }
  return rows;
}

async function readOrMake(
  { id, title, make }: RunnableLine,
  seed: number,
  steps: number,
  request: TableRequest,
): Promise<Cell | undefined> {
  const { out, config, signal, onCell } = request;
  const length = steps === config.steps ? '' : `-${steps}-steps`;
  const file = join(out, 'cells', `${id}-${seed}-${fingerprint(request)}${length}.json`);
  if (!existsSync(file)) {
    const cell = await make(seed, steps, { ...onCell?.(title, seed, steps), signal });
    if (!cell) return undefined;
    writeFileAtomic(file, JSON.stringify(cell));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Cell;
}

/** The lines that took longer than the fastest from this seed, with the steps that fit in its seconds. */
function slowerLines(cells: readonly Cell[], seed: number, { lines, config }: TableRequest) {
  const budget = secondsBySeed(cells).get(seed);
  return lines.flatMap((line) => {
    const seconds = cells.find((cell) => cell.seed === seed && cell.method === line.id)?.checkpoints.at(-1)?.seconds;
    if (budget === undefined || seconds === undefined || seconds <= budget) return [];
    return [{ line, steps: Math.max(1, Math.floor((config.steps * budget) / seconds)) }];
  });
}

function writeTable(rows: readonly TableRow[], request: TableRequest, engine: string): void {
  const { out, train, score, protocol, config, command, equalSeconds = false } = request;
  const { cpu, cores, memoryGiB, node } = describeMachine();
  const heading = {
    setting: request,
    retrained: equalSeconds,
    command,
    engine,
    machine: `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}`,
  };
  const document = { protocol, train, score, config, equalSeconds, command, engine, machine: describeMachine(), rows };
  writeFileAtomic(join(out, 'table.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeFileAtomic(join(out, 'table.md'), tableMarkdown(rows, heading));
  writeFileAtomic(join(out, 'table.html'), tableHtml(rows, heading));
}
