/** Whether a configuration can train on a dataset at all: asked before any time is spent and any file is written. */
import type { Dataset } from '@autoregseg/data';
import type { Communicator } from '../distributed/communicator.js';
import { UserError } from '../errors.js';
import type { TrainConfig } from './config.js';

/**
 * Whether so many processes can share a batch.
 *
 * @throws UserError with the batch size that would do
 */
export function checkTeam(
  { batchSize, microBatch }: Pick<TrainConfig, 'batchSize' | 'microBatch'>,
  { size }: Pick<Communicator, 'size'>,
): void {
  if (batchSize < size) {
    throw new UserError(`training: ${size} processes cannot share a batch of ${batchSize}: take --batch-size ${size}.`);
  }
  // Parts are passed one after another in all processes: each needs as many.
  if (microBatch !== undefined && batchSize % size !== 0) {
    const even = size * Math.ceil(batchSize / size);
    throw new UserError(
      `training: with --micro-batch, ${size} processes must have equal shares of a batch, got ${batchSize} images: ` +
        `take --batch-size ${even}.`,
    );
  }
}

type Choices = Pick<TrainConfig, 'clusters' | 'overclusters' | 'crop' | 'halfWindow'>;

/** @throws UserError that lists every fault, each with what would do */
export function checkFeasible(config: Choices, dataset: Dataset): void {
  const faults = [tooSmall(config, dataset), tooMany(config), tooWide(config)].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new UserError(`training: ${faults.join('; ')}.`);
}

/** Only images whose size is known without decoding are looked at; the others are met when their turn comes. */
function tooSmall({ crop }: Choices, { shapes = [], ids }: Dataset): string | undefined {
  const small = shapes.flatMap((shape, index) => (fits(crop, shape) ? [] : [index]));
  if (small.length === 0) return undefined;
  const [height, width] = shapes[small[0]];
  const others = small.length > 1 ? ` (and ${small.length - 1} more)` : '';
  const fitting = [0, 1].map((axis) => Math.min(crop[axis], ...shapes.map((shape) => shape[axis])));
  return (
    `image '${ids[small[0]]}'${others} is ${height}x${width}, smaller than the crop of ${crop.join('x')}: ` +
    `--crop ${fitting.join('x')} fits all images, --size resizes them`
  );
}

/** Also turned by a quarter: an EXIF rotation, which no header tells, may do that. */
function fits([rows, columns]: Choices['crop'], [height, width]: readonly [number, number]): boolean {
  return (rows <= height && columns <= width) || (rows <= width && columns <= height);
}

function tooMany({ clusters, overclusters, crop }: Choices): string | undefined {
  const pixels = crop[0] * crop[1];
  const most = Math.max(clusters, overclusters);
  if (most <= pixels) return undefined;
  return `${most} clusters, but a crop of ${crop.join('x')} has ${pixels} pixels: take fewer clusters or a larger --crop`;
}

function tooWide({ halfWindow, crop }: Choices): string | undefined {
  if (halfWindow < Math.min(...crop)) return undefined;
  return `a half window of ${halfWindow} pixels does not fit a crop of ${crop.join('x')}: lower --half-window`;
}
