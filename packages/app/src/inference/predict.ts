/** Masks on disk: each image of a dataset through the network and into files. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dataset } from '@autoregseg/data';
import { indexMaskPng } from '../pictures/masks.js';
import { overlayPng } from '../pictures/overlay.js';
import { writeFileAtomic } from '../run/atomic-file.js';
import { mergeClusters, NO_EDITS, type ClusterEdits } from '../run/cluster-edits.js';
import type { InferenceView, SegmenterModel } from './segmenter.js';
import { surveyDataset, type Survey } from './survey.js';

export interface PredictOptions {
  readonly view: InferenceView;
  /** Folder of the index masks, one `<id>.png` an image. */
  readonly masks: string;
  /** Folder of the overlays; none are made without. */
  readonly overlays?: string;
  /** Names and merges that a person gave to clusters. */
  readonly edits?: ClusterEdits;
  readonly onProgress?: (done: number) => void;
}

/** Writes the mask of each image, at the image's own size; unreadable images are in `dataset.skipped`. */
export function predictImages(model: SegmenterModel, dataset: Dataset, options: PredictOptions): Promise<Survey> {
  const { view, masks, overlays, edits = NO_EDITS, onProgress } = options;
  return surveyDataset(model, dataset, {
    view,
    onProgress,
    async onSegmented({ id, image }, segmented) {
      const map = mergeClusters(segmented, edits);
      writePicture(join(masks, `${id}.png`), indexMaskPng(map, { clusters: model.clusters }));
      if (overlays !== undefined) writePicture(join(overlays, `${id}.png`), await overlayPng(image, map));
    },
  });
}

function writePicture(path: string, png: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomic(path, png);
}
