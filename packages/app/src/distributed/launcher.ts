/** Whether a launcher of MPI started this process, and of which kind: what its variables say. */
import type { Environment } from '../raster/shard.js';
import type { MpiFamily } from './mpi-library.js';

/**
 * Open MPI's mpirun sets OMPI_COMM_WORLD_SIZE, MPICH's and Intel's PMI_SIZE; Slurm's srun sets SLURM_NTASKS, and
 * PMIX_RANK or PMI_RANK as it was told to speak PMIx (Open MPI) or PMI (MPICH).
 *
 * @returns undefined for a process by itself, and for one of a job of one process
 */
export function launcherOf(environment: Environment): MpiFamily | undefined {
  const several = (name: string) => Number(environment[name] ?? 1) > 1;
  if (several('OMPI_COMM_WORLD_SIZE')) return 'open-mpi';
  if (environment.PMIX_RANK !== undefined && several('SLURM_NTASKS')) return 'open-mpi';
  if (several('PMI_SIZE')) return 'mpich';
  return undefined;
}
