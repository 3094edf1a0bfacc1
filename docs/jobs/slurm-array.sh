#!/usr/bin/env bash
# A mask of one large raster by 16 jobs of a Slurm array; a job that is requeued goes on where it stopped.
#
#   sbatch --dependency=afterok:$(sbatch --parsable slurm-array.sh) slurm-merge.sh
#SBATCH --job-name=masks
#SBATCH --array=0-15
#SBATCH --cpus-per-task=8
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
set -euo pipefail

exec autoregseg predict "${RUN:-run}" "${RASTER:-country.tif}" --out "${OUT:-masks}" --shard auto
