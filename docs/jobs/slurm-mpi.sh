#!/usr/bin/env bash
# One training on 16 processes of four machines. Slurm warns them five minutes before the time is over (SIGUSR2): they
# write a checkpoint and end; submitted again, the same script goes on, on more or fewer machines too.
#SBATCH --job-name=train
#SBATCH --nodes=4
#SBATCH --ntasks=16
#SBATCH --cpus-per-task=8
#SBATCH --signal=B:USR2@300
#SBATCH --time=24:00:00
set -euo pipefail

run="${OUT:-run}"
# A job that was killed leaves its lock, and another machine cannot see that its holder is gone.
rm -f "$run/.lock"

mpirun -n "${SLURM_NTASKS:?}" autoregseg train --dataset folder --images "${PHOTOS:-photos}" --clusters 6 \
  --batch-size 192 --steps "${STEPS:-20000}" --out "$run" --resume ${OPTIONS:-} &
trap 'kill -USR2 %1' USR2
# Waiting ends when a signal comes, and has to begin again.
while ! wait %1; do kill -0 %1 2>/dev/null || exit 1; done
