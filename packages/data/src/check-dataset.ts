/**
 * What is wrong with a dataset's files, all of it at once, and where to get what is missing.
 *
 * Lists, files and headers are looked at; `deep` also reads every image and label.
 */
import { existsSync } from 'node:fs';
import { checkCocoStuff } from './check-coco-stuff.js';
import { checkPotsdam } from './check-potsdam.js';
import { IGNORE_ID, UnreadableImageError, type Dataset } from './dataset.js';
import type { FileCheck, Finding } from './findings.js';
import { openDataset, type DatasetSpec } from './open-dataset.js';

export interface DatasetReport extends Omit<FileCheck, 'opens'> {
  /** Nothing is missing or faulty. */
  readonly ok: boolean;
  readonly dataset: DatasetSpec['dataset'];
  readonly findings: readonly Finding[];
  /** Share of labelled pixels of each class, when all were read. */
  readonly classShares?: Readonly<Record<string, number>>;
}

export interface CheckOptions {
  /** Read all pixels. @defaultValue false */
  readonly deep?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Checks a dataset.
 *
 * @example
 * const { ok, findings } = await checkDataset({ dataset: 'coco-stuff', root: '/data/coco' });
 */
export async function checkDataset(spec: DatasetSpec, options: CheckOptions = {}): Promise<DatasetReport> {
  const files = await checkFiles(spec);
  const missing = files.findings.some(({ kind }) => kind === 'missing');
  const pixels = options.deep && files.opens && !missing ? await readAll(spec, options) : undefined;
  const findings = [...files.findings, ...(pixels?.findings ?? [])];
  return {
    ok: findings.every(({ kind }) => kind === 'note'),
    dataset: spec.dataset,
    layout: files.layout,
    images: files.images,
    labelled: pixels?.labelled ?? files.labelled,
    findings,
    ...(pixels && { classShares: pixels.classShares }),
  };
}

async function checkFiles(spec: DatasetSpec): Promise<FileCheck> {
  switch (spec.dataset) {
    case 'potsdam':
    case 'potsdam3':
      return existsSync(spec.root) ? checkPotsdam(spec.root) : noRoot(spec.root);
    case 'coco-stuff':
    case 'coco-stuff3':
      return existsSync(spec.root) ? checkCocoStuff(spec) : noRoot(spec.root);
    default:
      return checkByOpening(spec);
  }
}

function noRoot(root: string): FileCheck {
  const what = `the folder '${root}' does not exist`;
  return { layout: 'none', images: 0, labelled: 0, opens: false, findings: [{ kind: 'missing', what }] };
}

/** Opening reads headers and pairs labels; its warnings and errors are the findings. */
function checkByOpening(spec: DatasetSpec): FileCheck {
  const findings: Finding[] = [];
  try {
    const dataset = openDataset(spec, { onWarning: (what) => findings.push({ kind: 'faulty', what }) });
    const labelled = dataset.classes.length > 0 ? dataset.size : 0;
    return { layout: spec.dataset, images: dataset.size, labelled, opens: true, findings };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.push({ kind: 'faulty', what: error.message });
    return { layout: spec.dataset, images: 0, labelled: 0, opens: false, findings };
  }
}

async function readAll(spec: DatasetSpec, { onProgress }: CheckOptions) {
  const dataset = openDataset(spec);
  const counts = new Float64Array(dataset.classes.length);
  const findings: Finding[] = [];
  let labelled = 0;
  for (let index = 0; index < dataset.size; index++) {
    const read = await readOne(dataset, index);
    if ('what' in read) findings.push(read);
    else if (read.label) {
      labelled++;
      for (const id of read.label) if (id !== IGNORE_ID) counts[id]++;
    }
    onProgress?.(index + 1, dataset.size);
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = dataset.classes.map((name, id) => [name, total > 0 ? counts[id] / total : 0] as const);
  return { labelled, findings, classShares: Object.fromEntries(shares) };
}

async function readOne(dataset: Dataset, index: number): Promise<{ label?: Int32Array } | Finding> {
  try {
    const { label } = await dataset.get(index);
    return { label };
  } catch (error) {
    if (!(error instanceof UnreadableImageError || error instanceof RangeError)) throw error;
    return { kind: 'faulty', what: error.message };
  }
}
