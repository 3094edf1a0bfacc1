/**
 * How a raster is cut: TIFF tiles of the output, blocks of tiles that are computed at once, and who computes which.
 *
 * Everything follows from the raster's size and the network, so that processes on different machines cut alike.
 */
import { receptiveField, RASTER_ORDERINGS } from '@autoregseg/orderings';
import type { PixelWindow, Raster } from '@autoregseg/data';
import { refinementRadius, type InferenceView, type SegmenterModel } from '../inference/segmenter.js';
import { windowOf, type NetworkAxis } from './axis.js';

/** Side of the output's tiles, in pixels. */
export const TILE_SIDE = 256;

/** What is read around a block where attention leaves the receptive field unbounded, in pixels. */
const ATTENTION_OVERLAP = 64;

/** Bytes that the maps of one block may take. */
const BLOCK_BYTES = 640 * 2 ** 20;

export interface RasterPlan {
  readonly height: number;
  readonly width: number;
  readonly rows: NetworkAxis;
  readonly columns: NetworkAxis;
  /** Height and width of a block, multiples of TILE_SIDE; blocks at the right and bottom edges are smaller. */
  readonly block: readonly [height: number, width: number];
  readonly blocks: number;
  /** Whether blocks give what the whole raster would; false with attention, whose reach is the whole map. */
  readonly exact: boolean;
  /** Positions of the grid read beyond a block on each side, times the stride: pixels. */
  readonly overlap: number;
}

export interface PlanOptions {
  readonly view: InferenceView;
  /** How many times smaller the network sees the raster. @defaultValue 1 */
  readonly shrink?: number;
  /** Side of a block in pixels, a multiple of 256. @defaultValue the largest that fits in memory */
  readonly blockSide?: number;
}

/** @param raster - as the network sees it: already shrunk */
export function planRaster(
  raster: Pick<Raster, 'height' | 'width' | 'isTiled' | 'bands'>,
  model: Pick<SegmenterModel, 'network' | 'refine'>,
  output: readonly [height: number, width: number],
  { view, shrink = 1, blockSide }: PlanOptions,
): RasterPlan {
  const { config } = model.network;
  const stride = config.outputStride;
  const { grid, margin } = receptiveField(config, view === 'unmasked' ? ['unmasked'] : RASTER_ORDERINGS);
  const exact = Number.isFinite(grid.top);
  const spoilt = Math.ceil(margin / stride);
  // A refined position looks two radii further: the filter takes means of means.
  const further = 2 * refinementRadius(model);
  const bounded = (reach: number) => further + (exact ? reach : ATTENTION_OVERLAP / stride);
  const [height, width] = output;
  const side = blockSide ?? largestBlock(config, raster.bands, shrink);
  // A strip is decoded whole: wide, low blocks decode it fewer times.
  const block = raster.isTiled || blockSide !== undefined ? [side, side] : wideBlock(side);
  return {
    height,
    width,
    // `shrink` times the pixels the network sees: a remainder at the end takes the nearest position.
    rows: {
      length: raster.height,
      output: shrink === 1 ? height : shrink * raster.height,
      stride,
      spoilt,
      ...sides('top', 'bottom'),
    },
    columns: {
      length: raster.width,
      output: shrink === 1 ? width : shrink * raster.width,
      stride,
      spoilt,
      ...sides('left', 'right'),
    },
    block: [block[0], block[1]],
    blocks: Math.ceil(height / block[0]) * Math.ceil(width / block[1]),
    exact,
    overlap: stride * (Math.max(...Object.values(grid).map(bounded)) + spoilt),
  };

  function sides(before: keyof typeof grid, after: keyof typeof grid) {
    return { before: bounded(grid[before]), after: bounded(grid[after]) };
  }
}

export interface Block {
  readonly index: number;
  /** Of the output. */
  readonly place: PixelWindow;
  /** What the network has to see. */
  readonly window: PixelWindow;
  /** Grid position (row, column) of the window's first map entry. */
  readonly origin: readonly [row: number, column: number];
}

export function blockAt({ height, width, block, rows, columns }: RasterPlan, index: number): Block {
  const across = Math.ceil(width / block[1]);
  const top = Math.floor(index / across) * block[0];
  const left = (index % across) * block[1];
  const [bottom, right] = [Math.min(height, top + block[0]), Math.min(width, left + block[1])];
  const down = windowOf(rows, [top, bottom]);
  const along = windowOf(columns, [left, right]);
  return {
    index,
    place: { top, left, height: bottom - top, width: right - left },
    window: {
      top: down.pixels[0],
      left: along.pixels[0],
      height: down.pixels[1] - down.pixels[0],
      width: along.pixels[1] - along.pixels[0],
    },
    origin: [down.origin, along.origin],
  };
}

/** Half the height and twice the width, twice over where the height allows. */
function wideBlock(side: number): [number, number] {
  const height = Math.max(TILE_SIDE, Math.floor(side / 4 / TILE_SIDE) * TILE_SIDE);
  return [height, Math.floor((side * side) / height / TILE_SIDE) * TILE_SIDE];
}

type Widths = Pick<SegmenterModel['network']['config'], 'stemChannels' | 'blocks' | 'outputStride' | 'attention'>;

/** The largest side whose maps stay within BLOCK_BYTES. */
function largestBlock(
  { stemChannels, blocks, outputStride, attention }: Widths,
  bands: number,
  shrink: number,
): number {
  const widest = stemChannels * 2 ** blocks;
  // Measured: about four copies of the stem's first map are alive, and six of the widest map of the masked part.
  const stemSide = outputStride / 2;
  const bytesPerPixel = 4 * (2 * bands + (4 * stemChannels) / stemSide ** 2 + (6 * widest) / outputStride ** 2);
  // Attention costs the square of the positions: as few as the overlap leaves sensible.
  const sides = attention.length > 0 ? [256] : [1024, 768, 512, 256];
  return sides.find((side) => (side / shrink) ** 2 * bytesPerPixel <= BLOCK_BYTES) ?? TILE_SIDE;
}
