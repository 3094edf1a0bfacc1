/** Masks on disk: each image of a dataset through the network and into files. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dataset } from '@autoregseg/data';
import { indexMaskPng } from '../pictures/masks.js';
import { overlayPng } from '../pictures/overlay.js';
import { encodePalettePng } from '../pictures/png.js';
import { writeFileBehind } from '../run/atomic-file.js';
import { mergeClusters, NO_EDITS, type ClusterEdits } from '../run/cluster-edits.js';
import { disagreementMap } from './disagreement.js';
import { WorkBehind } from './overlap.js';
import type { InferenceView, SegmenterModel } from './segmenter.js';
import { surveyDataset, type Survey } from './survey.js';

export interface PredictOptions {
  readonly view: InferenceView;
  /** Folder of the index masks, one `<id>.png` an image. */
  readonly masks: string;
  /** Folder of the overlays; none are made without. */
  readonly overlays?: string;
  /** Folder of pictures of where the eight orderings disagree, black = nowhere, white = everywhere; none without. */
  readonly disagreement?: string;
  /** Names and merges that a person gave to clusters. */
  readonly edits?: ClusterEdits;
  readonly onProgress?: (done: number) => void;
  /** Asked after each image: masks of those that are done are whole. */
  readonly signal?: AbortSignal;
}

/** Writes the mask of each image, at the image's own size; unreadable images are in `dataset.skipped`. */
export async function predictImages(model: SegmenterModel, dataset: Dataset, options: PredictOptions): Promise<Survey> {
  const { view, masks, overlays, disagreement, edits = NO_EDITS, onProgress, signal } = options;
  const files = new WorkBehind(FILES);
  const write = (path: string, png: () => Promise<Uint8Array>) =>
    files.add(async () => writePicture(path, await png()));
  const survey = await surveyDataset(model, dataset, {
    view,
    onProgress,
    signal,
    async onSegmented({ id, image }, segmented, seen) {
      const map = mergeClusters(segmented, edits);
      await write(join(masks, `${id}.png`), () => indexMaskPng(map, { clusters: model.clusters }));
      if (overlays !== undefined) await write(join(overlays, `${id}.png`), () => overlayPng(image, map));
      if (disagreement !== undefined) {
        const { data } = await disagreementMap(model, seen, map.shape);
        await write(join(disagreement, `${id}.png`), () => greyPng(data, map.shape));
      }
    },
  });
  await files.settle();
  return survey;
}

/** Files that are encoded and written at once, behind the computing. */
const FILES = 4;

const GREYS = Array.from({ length: 256 }, (_, grey) => [grey, grey, grey] as const);

/** 0..1 as black to white. */
function greyPng(values: Float32Array, shape: readonly [number, number]): Promise<Uint8Array> {
  return encodePalettePng({ shape, data: Uint8Array.from(values, (value) => Math.round(255 * value)), palette: GREYS });
}

async function writePicture(path: string, png: Uint8Array): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await writeFileBehind(path, png);
}
