#!/usr/bin/env bash
# Puts the parts of slurm-array.sh together, with polygons. It says which tiles are missing, should one be.
#SBATCH --job-name=merge
#SBATCH --mem=4G
set -euo pipefail

exec autoregseg predict "${RUN:-run}" "${RASTER:-country.tif}" --out "${OUT:-masks}" --merge --polygons gpkg
