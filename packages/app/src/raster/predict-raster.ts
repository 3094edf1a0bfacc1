/**
 * Clusters of a raster of any size, block by block, into a part file: memory is that of a few blocks.
 *
 * While one block is computed, the next is read and decoded by another process and the tiles of the last are deflated on
 * other threads. A part that was begun is gone on with.
 */
import type { MaskedImage, Raster } from '@autoregseg/data';
import { mergeClusters, NO_EDITS, type ClusterEdits } from '../run/cluster-edits.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import { deflateTiles, MASK_NODATA } from './mask-tiles.js';
import { PartWriter, type PartSubject } from './part.js';
import { blockAt, planRaster, type Block, type PlanOptions, type RasterPlan } from './plan.js';
import { segmentBlock } from './segment-block.js';
import { shardRange, type Shard } from './shard.js';
import { shrunkRaster } from './shrunk-raster.js';

export interface PredictRasterOptions extends PlanOptions {
  readonly shard: Shard;
  /** Path of the part's files, without extension. */
  readonly part: string;
  /** What the part is of, beside the raster itself; goes into the journal. */
  readonly subject: PartSubject;
  /** Names and merges that a person gave to clusters. */
  readonly edits?: ClusterEdits;
  /** Asked between blocks; what is done stays done. */
  readonly signal?: AbortSignal;
  /** Blocks of this shard done and in all. */
  readonly onProgress?: (done: number, blocks: number) => void;
}

export interface PredictedPart {
  readonly plan: RasterPlan;
  readonly status: 'finished' | 'interrupted';
}

/** @throws UnreadableImageError when a part of the raster cannot be decoded; UserError when the part is of something else */
export async function predictRaster(
  raster: Raster,
  model: SegmenterModel,
  options: PredictRasterOptions,
): Promise<PredictedPart> {
  const { shard, part, subject, signal, onProgress, view, shrink = 1, edits = NO_EDITS } = options;
  const seen = shrunkRaster(raster, shrink);
  const plan = planRaster(seen, model, [raster.height, raster.width], options);
  const writer = new PartWriter(part, subjectOf(raster, model, plan, subject));
  try {
    const [start, end] = shardRange(shard, plan.blocks);
    const all = Array.from({ length: end - start }, (_, i) => start + i);
    const open = all.filter((block) => !writer.done.has(block));
    const read = (index: number): Promise<ReadBlock> => readBlock(raster, seen, blockAt(plan, index), shrink);
    let next = open.length > 0 ? read(open[0]) : undefined;
    let written: Promise<void> = Promise.resolve();
    onProgress?.(all.length - open.length, all.length);
    for (let i = 0; i < open.length; i++) {
      const { block, image, valid } = await next!;
      next = i + 1 < open.length ? read(open[i + 1]) : undefined;
      // A failure is met when it is awaited, not before.
      next?.catch(() => undefined);
      const data = await segmentBlock(model, image, block, { plan, view });
      const clusters = mergeClusters({ shape: [block.place.height, block.place.width], data }, edits).data;
      await written;
      if (signal?.aborted) {
        await next?.catch(() => undefined);
        return { plan, status: 'interrupted' };
      }
      const { mask, pixels } = maskOf(clusters, valid, model.clusters);
      written = deflateTiles(mask, block, plan).then((tiles) => {
        writer.add({ block: block.index, pixels }, tiles);
        onProgress?.(all.length - open.length + i + 1, all.length);
      });
      written.catch(() => undefined);
    }
    await written;
    return { plan, status: 'finished' };
  } finally {
    writer.close();
  }
}

/** Everything that the mask depends on, and how it was computed. */
function subjectOf(
  { height, width }: Raster,
  { clusters }: SegmenterModel,
  { block, exact, overlap }: RasterPlan,
  subject: PartSubject,
): PartSubject {
  return { ...subject, clusters, size: [height, width], block, exact, overlap };
}

interface ReadBlock {
  readonly block: Block;
  /** The window, as the network sees it. */
  readonly image: MaskedImage;
  /** [height * width] of the block's place; absent: all valid. */
  readonly valid?: Uint8Array;
}

/** A shrunk window says too little about which pixels of the output are valid: these are read themselves. */
async function readBlock(raster: Raster, seen: Raster, block: Block, shrink: number): Promise<ReadBlock> {
  const { place, window } = block;
  const image = await seen.read(window);
  const exactly = shrink === 1 ? { window, valid: image.valid } : { window: place, ...(await raster.read(place)) };
  if (!exactly.valid) return { block, image };
  const valid = new Uint8Array(place.height * place.width);
  for (let row = 0; row < place.height; row++) {
    const from = (place.top + row - exactly.window.top) * exactly.window.width + place.left - exactly.window.left;
    valid.set(exactly.valid.subarray(from, from + place.width), row * place.width);
  }
  return { block, image, valid };
}

function maskOf(
  clusters: Int32Array,
  valid: Uint8Array | undefined,
  count: number,
): { readonly mask: Uint8Array; readonly pixels: number[] } {
  const mask = new Uint8Array(clusters.length);
  const pixels = Array.from({ length: count }, () => 0);
  for (let pixel = 0; pixel < clusters.length; pixel++) {
    if (valid?.[pixel] === 0) {
      mask[pixel] = MASK_NODATA;
    } else {
      mask[pixel] = clusters[pixel];
      pixels[clusters[pixel]]++;
    }
  }
  return { mask, pixels };
}
