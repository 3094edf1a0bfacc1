/**
 * The whole table over a dataset: every method from every seed, written as it grows.
 *
 * Each cell is a file; a table that was stopped goes on with the cells that are missing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeEngine, useEngine, type EnginePreference } from '@autoregseg/engine';
import { writeFileAtomic } from '../run/atomic-file.js';
import { describeMachine } from '../run/machine.js';
import type { Cell, TableSetting } from './cell.js';
import { tableMarkdown } from './markdown.js';
import { summarise, type TableLine, type TableRow } from './summary.js';
import { tableHtml } from './table-html.js';

/** A line, and how its cells are made. */
export interface RunnableLine extends TableLine {
  make(seed: number): Promise<Cell>;
}

export interface TableRequest extends TableSetting {
  readonly lines: readonly RunnableLine[];
  readonly seeds: readonly number[];
  readonly out: string;
  readonly engine?: EnginePreference;
  /** What the user typed. */
  readonly command: string;
  /** Told before each cell that is made. */
  readonly onCell?: (title: string, seed: number, made: number, all: number) => void;
}

/** Cells seed by seed, so that all lines stand side by side early; table.md, table.json and table.html after each. */
export async function runTable(request: TableRequest): Promise<TableRow[]> {
  const { lines, seeds, out, onCell } = request;
  const engine = describeEngine(await useEngine(request.engine));
  mkdirSync(join(out, 'cells'), { recursive: true });
  const cells: Cell[] = [];
  let rows: TableRow[] = [];
  for (const seed of seeds) {
    for (const { id, title, make } of lines) {
      const file = join(out, 'cells', `${id}-${seed}-${fingerprint(request)}.json`);
      if (!existsSync(file)) {
        onCell?.(title, seed, cells.length, lines.length * seeds.length);
        writeFileAtomic(file, JSON.stringify(await make(seed)));
      }
      cells.push(JSON.parse(readFileSync(file, 'utf8')) as Cell);
      rows = summarise(cells, lines);
      writeTable(rows, request, engine);
    }
  }
  return rows;
}

/** Names the setting, so that cells of another one are not taken for this one's. */
function fingerprint({ train, score, protocol, config }: TableSetting): string {
  const { seed: _, ...choices } = config;
  const text = JSON.stringify([train, score, protocol.name, choices]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function writeTable(rows: readonly TableRow[], request: TableRequest, engine: string): void {
  const { out, train, score, protocol, config, command } = request;
  const { cpu, cores, memoryGiB, node } = describeMachine();
  const heading = {
    setting: request,
    command,
    engine,
    machine: `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}`,
  };
  const document = { protocol, train, score, config, command, engine, machine: describeMachine(), rows };
  writeFileAtomic(join(out, 'table.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeFileAtomic(join(out, 'table.md'), tableMarkdown(rows, heading));
  writeFileAtomic(join(out, 'table.html'), tableHtml(rows, heading));
}
