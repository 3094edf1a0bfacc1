/** Programs under mpirun, for tests: as many processes as asked for, whatever the machine has. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { spawnProgram, type RunningCommand } from '../commands/spawn-command.fixture.js';

/** Whether Open MPI is installed here. */
export const HAS_MPI = spawnSync('mpirun', ['--version'], { encoding: 'utf8' }).stdout?.includes('Open MPI') ?? false;

/** Whether MPICH is installed here (Debian: mpich), whose launcher has a name of its own beside Open MPI's. */
export const HAS_MPICH = spawnSync('mpiexec.hydra', ['--version'], { encoding: 'utf8' }).status === 0;

/** How Node runs a file of the sources. */
const SOURCES = ['--conditions=@autoregseg/source', '--import', 'tsx'];

export function mpirun(processes: number, file: string, ...words: readonly string[]): RunningCommand {
  const machine = ['--allow-run-as-root', '--oversubscribe'];
  return spawnProgram('mpirun', [...machine, '-n', String(processes), process.execPath, ...SOURCES, file, ...words]);
}

/** The same by MPICH. */
export function mpichExec(processes: number, file: string, ...words: readonly string[]): RunningCommand {
  return spawnProgram('mpiexec.hydra', ['-n', String(processes), process.execPath, ...SOURCES, file, ...words]);
}

/** The process of a job that has this rank: below the launcher, by the variable that it was given. */
export function processOfRank(job: number, rank: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = pids.flatMap((pid) => ofRank(Number(pid), job, rank) ?? []);
  // A process that one of them started, such as the loader of its sources, was given the variable too.
  const found = all.filter(({ parent }) => !all.some(({ pid }) => pid === parent));
  if (found.length !== 1) throw new Error(`${found.length} processes of job ${job} have rank ${rank}`);
  return found[0].pid;
}

function ofRank(pid: number, job: number, rank: number): { pid: number; parent: number } | undefined {
  try {
    const parent = parentOf(pid);
    // MPICH's launcher starts them by a proxy.
    if (parent !== job && parentOf(parent) !== job) return undefined;
    const given = new RegExp(`(^|\0)(OMPI_COMM_WORLD|PMI)_RANK=${rank}\0`);
    return given.test(readFileSync(`/proc/${pid}/environ`, 'utf8')) ? { pid, parent } : undefined;
  } catch {
    return undefined; // Ended meanwhile.
  }
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
