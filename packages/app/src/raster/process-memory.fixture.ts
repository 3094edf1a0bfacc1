/** Resident memory of a process and of all that it started, by Linux's /proc. */
import { readFileSync, readdirSync } from 'node:fs';

export interface MemoryWatch {
  /** The most that was held at one time, bytes: pages that processes share count once for each. */
  readonly peak: () => number;
  stop(): void;
}

const PAGE = 4096;

export function watchMemory(pid: number): MemoryWatch {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, residentBytes(pid))), 100);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

function residentBytes(root: number): number {
  const family = new Set([root]);
  const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? processOf(Number(name)) : []));
  // Parents have lower ids than their children but for a wrap around, which a second pass would not mend either.
  for (const { pid, parent } of processes.toSorted((a, b) => a.pid - b.pid)) if (family.has(parent)) family.add(pid);
  return processes.reduce((sum, { pid, resident }) => sum + (family.has(pid) ? resident : 0), 0);
}

/** Nothing for a process that has just ended. */
function processOf(pid: number): { pid: number; parent: number; resident: number }[] {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which is in parentheses: state, parent [proc(5)].
    const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
    const resident = PAGE * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return [{ pid, parent, resident }];
  } catch {
    return [];
  }
}
