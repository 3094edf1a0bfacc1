/**
 * A folder of images as a dataset, with or without a folder of labels.
 *
 * Opening lists the files and reads their headers; pixels are decoded when a sample is asked for. A file that cannot be
 * read is left out, counted in `skipped` and told to `onWarning` (or refused, when strict). Everything else that is wrong
 * is an error: a label of another size, an ambiguous pair, mixed numbers of bands.
 */
import { isAbsolute, relative } from 'node:path';
import type { Dataset, Sample } from './dataset.js';
import { findLabels, NO_LABELS } from './folder-labels.js';
import type { FolderSpec } from './folder-spec.js';
import { listFiles, type ListedFile } from './file-listing.js';
import { indexedDataset, someOf, type OpenOptions } from './indexed-dataset.js';
import { readLabelMap } from './label-map.js';
import { readImage } from './read-image.js';
import { resizeImage, resizeLabels, targetSize } from './resize.js';
import { withChannels } from './spread-grey.js';
import { scanImages } from './scan-images.js';

export const IMAGE_EXTENSIONS = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff'];

/**
 * Opens the folder.
 *
 * @throws RangeError with every fault of the folders, the label map and the pairing
 * @example
 * const dataset = openFolder({ dataset: 'folder', images: 'photos', size: [240, 320] }, { onWarning: console.warn });
 */
export function openFolder(spec: FolderSpec, { onWarning = () => undefined }: OpenOptions = {}): Dataset {
  const { range, alpha = 'mask', strict = false, maxPixels } = spec;
  const faults: string[] = [];
  const attempt = <Result>(action: () => Result): Result | undefined => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      faults.push(error.message);
      return undefined;
    }
  };
  const labelMap = attempt(() => (spec.labelMap === undefined ? undefined : readLabelMap(spec.labelMap)));
  const scanned = attempt(() => scanImages(listImages(spec), { maxPixels, alpha }));
  const labels = attempt(() => {
    if (spec.labels === undefined) return NO_LABELS;
    const stems = scanned?.files.map(({ stem }) => stem) ?? [];
    return findLabels(spec.labels, stems, { labelMap, maxPixels });
  });
  if (!scanned || !labels || faults.length > 0) throw new RangeError(`folder: ${faults.join('; ')}`);

  const { files, ids, channels } = scanned;
  const shapes = scanned.shapes.map((shape) => targetSize(shape, spec));
  const read = async (index: number, wanted: { readonly label: boolean }): Promise<Sample> => {
    const { path } = files[index];
    const image = withChannels(path, await readImage(path, { maxPixels, alpha, range }), channels);
    const label = wanted.label ? await labels.read(index, path, image.image.shape) : undefined;
    const [height, width] = image.image.shape;
    const size = targetSize([height, width], spec);
    return {
      id: ids[index],
      ...resizeImage(image, size),
      ...(label && { label: resizeLabels(label, [height, width], size) }),
    };
  };
  const filesOf = (index: number) => [files[index].path];
  const { classes } = labels;
  const parts = { name: 'folder', ids, classes, channels, shapes, skipped: scanned.skipped, read, filesOf };
  const dataset = indexedDataset(parts, { strict, onWarning });
  const unlabelled = spec.labels === undefined ? [] : ids.filter((_, index) => labels.files[index] === undefined);
  if (unlabelled.length > 0) {
    const message = `no label for ${unlabelled.length} of ${ids.length} images: ${someOf(unlabelled)}`;
    if (strict) throw new RangeError(`folder: ${message}`);
    onWarning(message);
  }
  return dataset;
}

/** A label folder inside of the image folder holds no images. */
function listImages({ images, labels }: FolderSpec): ListedFile[] {
  const files = listFiles(typeof images === 'string' ? [images] : images, IMAGE_EXTENSIONS);
  if (labels === undefined) return files;
  const outside = files.filter(({ path }) => {
    const fromLabels = relative(labels, path);
    return fromLabels.startsWith('..') || isAbsolute(fromLabels);
  });
  if (outside.length === 0)
    throw new RangeError(`images and labels must lie in different folders, got '${labels}' for both`);
  return outside;
}
