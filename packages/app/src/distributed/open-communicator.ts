/** Finds the processes that a launcher of MPI started together with this one. */
import type { Environment } from '../raster/shard.js';
import { ALONE, type Communicator } from './communicator.js';
import { launcherOf } from './launcher.js';
import { openMpiLibrary, type MpiLibrary } from './mpi-library.js';

/** Values of one message: what the standard counts by a C int. */
const LONGEST = 2 ** 28;

/** @throws UserError when a launcher started this process, and koffi or the library of MPI is missing */
export async function openCommunicator(environment: Environment): Promise<Communicator> {
  const family = launcherOf(environment);
  if (family === undefined) return ALONE;
  const library = await openMpiLibrary(family);
  const [rank, size] = library.initialize();
  return {
    rank,
    size,
    allReduceSum(values) {
      for (const part of partsOf(values)) library.allReduceSum(part.slice(), part);
    },
    broadcast: (bytes) => broadcast(library, rank === 0 ? bytes : undefined),
    close() {
      library.barrier();
      library.finalize();
    },
    abort(code) {
      library.abort(code);
      process.exit(code);
    },
  };
}

function broadcast(library: MpiLibrary, own: Uint8Array | undefined): Uint8Array {
  const length = new Uint8Array(Float64Array.of(own?.length ?? 0).buffer);
  library.broadcast(length);
  const bytes = own?.slice() ?? new Uint8Array(new Float64Array(length.buffer)[0]);
  for (const part of partsOf(bytes)) library.broadcast(part);
  return bytes;
}

/** Views of neighbouring parts, none too long for one message. */
function partsOf<T extends Float32Array | Uint8Array>(values: T): T[] {
  return Array.from(
    { length: Math.ceil(values.length / LONGEST) },
    (_, part) => values.subarray(part * LONGEST, (part + 1) * LONGEST) as T,
  );
}
