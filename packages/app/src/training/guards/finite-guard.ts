/**
 * Steps whose numbers are no numbers: found, named, skipped, and the training ended when they come in a row.
 *
 * One such step would turn every weight into NaN for good; without it, training goes on as if its batch had not been drawn.
 */
import type { Batch } from '@autoregseg/data';
import type { Communicator } from '../../distributed/communicator.js';
import { UserError } from '../../errors.js';
import type { StepGauges, StepReport } from '../step-report.js';

/** So many in a row are no accident of a batch: the weights themselves have left the range of numbers. */
const LONGEST_ROW = 5;

/** Why a step was skipped. */
export interface SkippedStep {
  readonly step: number;
  /** The first term that was no finite number, with its value. */
  readonly term: string;
  /** Ids of the batch's images. */
  readonly images: readonly string[];
}

const PIXELS = 'the pixels of';

function cureOf(term: string, learningRate: number): string {
  if (term.startsWith(PIXELS)) return 'Mend these images, or leave them out';
  return `Train again with a lower --learning-rate (now ${learningRate})`;
}

/**
 * Pixels are looked at before the step: a rectifier makes 0 of NaN on some engines, and nothing would show until the
 * gradient.
 *
 * @returns undefined when all pixels of the batch are finite
 */
export function nonFiniteImages({ images, shape, ids }: Pick<Batch, 'images' | 'shape' | 'ids'>): string | undefined {
  const at = images.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return undefined;
  const [, height, width, channels] = shape;
  return `${PIXELS} ${ids[Math.floor(at / (height * width * channels))]} hold ${images[at]}`;
}

/** What is wrong with the images of a batch, in whichever process of a team: all take the step, or none. */
export function nonFiniteImagesOfTeam(batch: Batch, team: Communicator): string | undefined {
  const own = nonFiniteImages(batch);
  const bad = Float32Array.of(own === undefined ? 0 : 1);
  team.allReduceSum(bad);
  return own ?? (bad[0] > 0 ? 'pixels that another process read are no numbers' : undefined);
}

/**
 * The first term of a step that is no finite number, in the order in which they are computed.
 *
 * @param names - of the gradients' variables, in their order
 * @returns undefined when all are finite
 */
export function nonFiniteTerm(
  { gauges, gradientSums }: StepReport,
  { mainHeads, names }: { readonly mainHeads: readonly string[]; readonly names: readonly string[] },
): string | undefined {
  return lossTerm(gauges, mainHeads) ?? gradientTerm(gradientSums, names);
}

function lossTerm({ loss, information }: StepGauges, mainHeads: readonly string[]): string | undefined {
  const head = information.findIndex((value) => !Number.isFinite(value));
  if (head >= 0) return `the mutual information of head ${mainHeads[head]} is ${information[head]}`;
  return Number.isFinite(loss) ? undefined : `the loss is ${loss} though each main head's information is finite`;
}

function gradientTerm(sums: readonly number[], names: readonly string[]): string | undefined {
  const at = sums.findIndex((sum) => !Number.isFinite(sum));
  return at < 0 ? undefined : `the gradient of ${names[at]} is no number`;
}

/** Counts skipped steps, and ends a training that makes no other. */
export class SkipCounter {
  /** Steps skipped since the last good one. */
  inARow = 0;

  good(): void {
    this.inARow = 0;
  }

  /**
   * @returns what the user is told
   * @throws UserError when too many came in a row
   */
  skipped({ step, term, images }: SkippedStep, learningRate: number): string {
    this.inARow += 1;
    const story = `step ${step} was skipped: ${term} (images ${images.join(', ')})`;
    if (this.inARow < LONGEST_ROW) return story;
    throw new UserError(
      `training: ${LONGEST_ROW} steps in a row gave no numbers; the last: ${story}. ` +
        `${cureOf(term, learningRate)}; the checkpoints so far are whole.`,
    );
  }
}
