/**
 * The few functions of MPI [1] that a training needs, from the C library that the machine's launcher belongs to.
 *
 * The standard leaves open what a handle is: Open MPI has pointers to symbols of its own, MPICH and its kin have integers
 * that their common ABI [2] fixes.
 *
 * [1] MPI: A Message-Passing Interface Standard, Version 4.0, 2021.
 * [2] MPICH ABI Compatibility Initiative, 2013 (MPICH, Intel MPI, MVAPICH, Cray MPICH: libmpi.so.12).
 */
import type koffi from 'koffi';
import { UserError } from '../errors.js';

/** Which family of libraries the launcher belongs to. */
export type MpiFamily = 'open-mpi' | 'mpich';

/** Names of libraries that are tried in turn. */
const LIBRARIES: Readonly<Record<MpiFamily, readonly string[]>> = {
  'open-mpi': ['libmpi.so.40', 'libmpi.40.dylib', 'libmpi.so'],
  mpich: ['libmpi.so.12', 'libmpich.so.12', 'libmpi.12.dylib'],
};

const MPICH_HANDLES = { world: 0x44000000, float: 0x4c00040a, byte: 0x4c00010d, sum: 0x58000003 };

/** MPI_THREAD_FUNNELED: other threads exist, the main one alone speaks. The same number in both families. */
const FUNNELED = 1;

export interface MpiLibrary {
  /** @returns [rank, size] in MPI_COMM_WORLD */
  initialize(): readonly [rank: number, size: number];
  allReduceSum(own: Float32Array, sums: Float32Array): void;
  broadcast(bytes: Uint8Array): void;
  barrier(): void;
  finalize(): void;
  abort(code: number): void;
}

/** @throws UserError when koffi or the library is not there */
export async function openMpiLibrary(family: MpiFamily): Promise<MpiLibrary> {
  const ffi = await loadKoffi();
  const library = loadLibrary(ffi, family);
  const handle = family === 'open-mpi' ? 'void*' : 'int';
  const symbol = (name: string) => library.symbol(name, 'char') as unknown;
  const { world, float, byte, sum } =
    family === 'open-mpi'
      ? {
          world: symbol('ompi_mpi_comm_world'),
          float: symbol('ompi_mpi_float'),
          byte: symbol('ompi_mpi_byte'),
          sum: symbol('ompi_mpi_op_sum'),
        }
      : MPICH_HANDLES;
  /** An MPI function by its arguments in C; what it returns but 0 is an error. */
  const define = (name: string, parameters: string) => {
    const call = library.func(`int ${name}(${parameters.replaceAll('HANDLE', handle)})`);
    return (...values: unknown[]) => {
      const code = call(...values) as number;
      if (code !== 0) throw new Error(`${name} ended with error ${code}`);
    };
  };
  const init = define('MPI_Init_thread', 'void*, void*, int, _Out_ int*');
  const rankOf = define('MPI_Comm_rank', 'HANDLE, _Out_ int*');
  const sizeOf = define('MPI_Comm_size', 'HANDLE, _Out_ int*');
  const allReduce = define('MPI_Allreduce', 'void*, void*, int, HANDLE, HANDLE, HANDLE');
  const broadcast = define('MPI_Bcast', 'void*, int, HANDLE, int, HANDLE');
  const barrier = define('MPI_Barrier', 'HANDLE');
  const finalize = define('MPI_Finalize', '');
  const abort = define('MPI_Abort', 'HANDLE, int');
  return {
    initialize() {
      init(null, null, FUNNELED, [0]);
      const [rank, size] = [[0], [0]];
      rankOf(world, rank);
      sizeOf(world, size);
      return [rank[0], size[0]];
    },
    allReduceSum: (own, sums) => allReduce(own, sums, own.length, float, sum, world),
    broadcast: (bytes) => broadcast(bytes, bytes.length, byte, 0, world),
    barrier: () => barrier(world),
    finalize: () => finalize(),
    abort: (code) => abort(world, code),
  };
}

type Koffi = typeof koffi;

async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default;
  } catch (error) {
    throw new UserError(
      `training on several processes needs the npm package koffi, which calls MPI: ${(error as Error).message}. ` +
        'Install it beside autoregseg: npm install koffi',
    );
  }
}

function loadLibrary(ffi: Koffi, family: MpiFamily): ReturnType<Koffi['load']> {
  const given = process.env.AUTOREGSEG_LIBMPI;
  const failures: string[] = [];
  for (const name of given ? [given] : LIBRARIES[family]) {
    try {
      return ffi.load(name);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new UserError(
    `this process was started by a launcher of ${family === 'open-mpi' ? 'Open MPI' : 'MPICH'}, whose library cannot be loaded: ` +
      `${failures.join('; ')}. Name its file in AUTOREGSEG_LIBMPI.`,
  );
}
