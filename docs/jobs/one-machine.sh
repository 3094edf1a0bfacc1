#!/usr/bin/env bash
# A mask of one large raster by as many processes as are asked for, on one machine.
#
#   bash one-machine.sh 4
set -euo pipefail

processes="${1:-2}"
predict=(autoregseg predict "${RUN:-run}" "${RASTER:-country.tif}" --out "${OUT:-masks}")

shards=()
for ((shard = 0; shard < processes; shard++)); do
  "${predict[@]}" --shard "$shard/$processes" &
  shards+=($!)
done
for shard in "${shards[@]}"; do wait "$shard"; done

"${predict[@]}" --merge --polygons gpkg
