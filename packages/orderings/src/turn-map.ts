/**
 * What each position of a map may know, as one number: the latest turn of the walk over the model's input.
 *
 * On the input itself a position knows its own turn. A masked convolution adds nothing later than its centre knows; a pool
 * makes its output as late as the latest position in its window. So causality is exact through strides, pools and
 * paddings of a network: an output never depends on an input position whose turn comes after the output's.
 *
 *     turns of a 4 x 4 input, top-left-row        after a 2 x 2 pool
 *          0  1  2  3
 *          4  5  6  7                                  5  7
 *          8  9 10 11                                 13 15
 *         12 13 14 15
 */
import type { Ordering } from './ordering.js';
import type { SlidingWindow } from './sliding-window.js';

export interface TurnMap {
  readonly height: number;
  readonly width: number;
  /** [height * width]; -1 where a position knows nothing (padding). Turns may repeat. */
  readonly turns: Int32Array;
}

/** The map of the input, or of a layer from which on causality is counted. */
export function turnsOf(ordering: Ordering, height: number, width: number): TurnMap {
  return { height, width, turns: ordering.rank(height, width) };
}

/** Each output position as late as the centre of its window. */
export function atCenters(map: TurnMap, window: SlidingWindow): TurnMap {
  const [row, column] = window.center;
  return mapOf(window.outputHeight, window.outputWidth, (r, c) =>
    turnAt(map, r * window.stride[0] + row, c * window.stride[1] + column),
  );
}

/** Each output position as late as the latest in its window. */
export function overWindows(
  map: TurnMap,
  { origin, kernel, stride, outputHeight, outputWidth }: SlidingWindow,
): TurnMap {
  return mapOf(outputHeight, outputWidth, (r, c) => {
    let latest = -1;
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        latest = Math.max(latest, turnAt(map, r * stride[0] + origin[0] + i, c * stride[1] + origin[1] + j));
      }
    }
    return latest;
  });
}

/** Each position repeated, as by nearest-neighbour upsampling. */
export function repeated(map: TurnMap, [rows, columns]: readonly number[]): TurnMap {
  return mapOf(map.height * rows, map.width * columns, (r, c) =>
    turnAt(map, Math.floor(r / rows), Math.floor(c / columns)),
  );
}

/** Positions added (positive) or cut off (negative) at each side. */
export function resized(map: TurnMap, top: number, bottom: number, left: number, right: number): TurnMap {
  return mapOf(map.height + top + bottom, map.width + left + right, (r, c) => turnAt(map, r - top, c - left));
}

/** Each position as late as the latest of the maps'. */
export function latestOf(maps: readonly TurnMap[]): TurnMap {
  const [{ height, width }] = maps;
  return mapOf(height, width, (r, c) => Math.max(...maps.map((map) => turnAt(map, r, c))));
}

function mapOf(height: number, width: number, turn: (row: number, column: number) => number): TurnMap {
  const turns = Int32Array.from({ length: height * width }, (_, i) => turn(Math.floor(i / width), i % width));
  return { height, width, turns };
}

function turnAt({ height, width, turns }: TurnMap, row: number, column: number): number {
  return row >= 0 && row < height && column >= 0 && column < width ? turns[row * width + column] : -1;
}
