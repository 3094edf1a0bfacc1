/**
 * What `autoregseg view` shows of a run: its images from the least certain (or worst) on, their masks at any step that was
 * kept, and the clusters with the names and merges that a person gives them. Pictures are made when they are asked for.
 */
import { openDataset, resizeImage, targetSize, type Dataset } from '@autoregseg/data';
import { ConfusionMatrix, matchClusters } from '@autoregseg/evaluation';
import type { Network } from '@autoregseg/orderings';
import sharp from 'sharp';
import { loadRun, type LoadedRun } from '../inference/model.js';
import { networkInput, segmentImage, type SegmenterModel } from '../inference/segmenter.js';
import { surveyDataset, type Survey } from '../inference/survey.js';
import { displayImage } from '../pictures/display.js';
import { indexMaskPng } from '../pictures/masks.js';
import { colorOf } from '../pictures/palette.js';
import { mergeClusters, readClusterEdits, writeClusterEdits, type ClusterEdits } from '../run/cluster-edits.js';
import { legendClusters } from '../run/legend-file.js';
import { listSnapshots, readSnapshot } from '../run/snapshots.js';
import { writeRunReport } from '../run/write-report.js';
import { DISTILLED_HEAD } from '../training/heads.js';
import { networkOf } from '../training/run-network.js';
import { spreadImages } from '../inference/dataset-part.js';

export interface ViewedImage {
  /** In the data set. */
  readonly index: number;
  readonly id: string;
  /** Mean probability of the most likely cluster, 1/K..1. */
  readonly certainty: number;
  /** Share of labelled pixels whose cluster is matched to their class; absent without labels. */
  readonly accuracy?: number;
}

export interface ViewedRun {
  readonly title: string;
  /** Steps that masks can be shown of; the last one is the checkpoint's. */
  readonly steps: readonly number[];
  readonly images: readonly ViewedImage[];
  readonly clusters: readonly { readonly id: number; readonly color: string; readonly share: number }[];
  readonly edits: ClusterEdits;
}

/** Longer side of pictures on the page. */
const SIDE = 480;
/** Masks kept in memory, some kilobytes each. */
const MASKS = 2000;

export interface RunViewerOptions {
  /** Images to look at, evenly spread over the data set where it has more. */
  readonly limit: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onWarning?: (message: string) => void;
}

export class RunViewer {
  private readonly networks = new Map<number, Network>();
  private readonly masks = new Map<string, Uint8Array>();
  private reportOf: ClusterEdits | undefined;
  private edits: ClusterEdits;

  private constructor(
    private readonly path: string,
    private readonly loaded: LoadedRun,
    private readonly dataset: Dataset,
    private readonly survey: Survey,
    private readonly images: readonly ViewedImage[],
  ) {
    this.edits = readClusterEdits(path, loaded.model.clusters);
  }

  /** Segments the images once, to know which are certain and which right. */
  static async open(path: string, { limit, onProgress, onWarning }: RunViewerOptions): Promise<RunViewer> {
    const loaded = loadRun(path, onWarning);
    const dataset = spreadImages(openDataset(loaded.run.dataset, { onWarning }), limit);
    const perImage: (ConfusionMatrix | undefined)[] = [];
    const survey = await surveyDataset(loaded.model, dataset, {
      view: 'unmasked',
      onSegmented({ label }, map) {
        const own = label && new ConfusionMatrix(loaded.model.clusters, dataset.classes.length);
        // What is in no cluster cannot be right: it counts for nothing.
        own?.add(
          map.data.map((cluster) => Math.max(0, cluster)),
          label!.map((id, i) => (map.data[i] < 0 ? dataset.ignoreId : id)),
          dataset.ignoreId,
        );
        perImage.push(own);
      },
      onProgress: (done) => onProgress?.(done, dataset.size),
    });
    const images = survey.images.map((image, i) => ({ ...image, ...accuracyOf(perImage[i], survey.confusion) }));
    return new RunViewer(path, loaded, dataset, survey, images);
  }

  describe(): ViewedRun {
    const { run, step, model } = this.loaded;
    return {
      title: `Clusters of ${run.dataset.dataset}`,
      steps: [...listSnapshots(this.path).filter((taken) => taken < step), step],
      images: this.images,
      clusters: legendClusters(this.survey.clusterPixels, { names: {}, merged: {} })
        .slice(0, model.clusters)
        .map(({ id, share }) => ({ id, color: colorOf(id), share })),
      edits: this.edits,
    };
  }

  /** WebP of an image. @throws RangeError when there is none of that index */
  async photo(index: number): Promise<Uint8Array> {
    const { image } = await this.sample(index);
    const { shape, rgb } = displayImage(image);
    const picture = sharp(rgb, { raw: { width: shape[1], height: shape[0], channels: 3 } });
    return new Uint8Array(
      await picture.resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 80 }).toBuffer(),
    );
  }

  /** PNG of an image's clusters after a step. @throws RangeError when there is none of that index or step */
  async mask(step: number, index: number): Promise<Uint8Array> {
    const key = `${step} ${index} ${JSON.stringify(this.edits.merged)}`;
    const known = this.masks.get(key);
    if (known) return known;
    const model = this.modelAt(step);
    const sample = await this.sample(index);
    const seen = await networkInput(model, sample);
    const [height, width] = sample.image.shape;
    const shape = targetSize([height, width], { longSide: SIDE });
    const { clusters } = await segmentImage(model, seen, 'unmasked', shape);
    const map = mergeClusters({ shape, data: clusters }, this.edits);
    const png = await indexMaskPng(map, { clusters: model.clusters });
    if (this.masks.size >= MASKS) this.masks.clear();
    this.masks.set(key, png);
    return png;
  }

  /** @throws UserError when the edits are not what clusters.json may hold */
  edit(edits: unknown): ClusterEdits {
    this.edits = writeClusterEdits(this.path, edits, this.loaded.model.clusters);
    return this.edits;
  }

  /** Path of the report, written anew where names or merges have changed. */
  async report(): Promise<string> {
    const file = `${this.path}/report.html`;
    if (this.reportOf === this.edits) return file;
    await writeRunReport(this.path, { survey: this.survey });
    this.reportOf = this.edits;
    return file;
  }

  dispose(): void {
    for (const network of [this.loaded.model.network, ...this.networks.values()]) network.dispose();
  }

  private async sample(index: number) {
    const place = this.survey.images.findIndex((image) => image.index === index);
    if (place < 0) throw new RangeError(`view: there is no image ${index}`);
    const sample = await this.dataset.get(index);
    // Far larger photographs than the page shows would only cost time.
    const size = targetSize([sample.image.shape[0], sample.image.shape[1]], { longSide: 4 * SIDE });
    return this.loaded.model.featuresOf ? sample : { ...sample, ...resizeImage(sample, size) };
  }

  /** What segmented at a step: before the last one there is no distilled head yet, and its teacher stands for it. */
  private modelAt(step: number): SegmenterModel {
    const { model, teacher, step: last } = this.loaded;
    const isTaught = step === last || model.head !== DISTILLED_HEAD;
    return { ...model, ...(!isTaught && teacher), network: this.networkAt(step) };
  }

  private networkAt(step: number): Network {
    const { run, model, step: last } = this.loaded;
    if (step === last) return model.network;
    const known = this.networks.get(step);
    if (known) return known;
    if (!listSnapshots(this.path).includes(step)) throw new RangeError(`view: there is no snapshot of step ${step}`);
    const network = networkOf(run.config, run.channels);
    network.load({ config: network.config, weights: readSnapshot(this.path, step) });
    this.networks.set(step, network);
    return network;
  }
}

/** By the matching of all images together. */
function accuracyOf(own: ConfusionMatrix | undefined, all: ConfusionMatrix | undefined): { accuracy?: number } {
  if (!own || !all) return {};
  const matching = matchClusters(all, 'one-to-one');
  const total = own.counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return {};
  const right = own.counts.reduce(
    (sum, count, at) => sum + (matching[Math.floor(at / own.classes)] === at % own.classes ? count : 0),
    0,
  );
  return { accuracy: right / total };
}
