/** What a session shows of its steps, before and after their numbers are read over. */
import type * as tf from '@tensorflow/tfjs-core';
import type { SkippedStep } from './guards/finite-guard.js';
import type { StepGauges } from './step-report.js';

/** What a step shows of itself, once its numbers have been read over. */
export interface SessionStep extends StepGauges {
  readonly step: number;
  readonly learningRate: number;
  /** Of training, up to this step and with it. */
  readonly seconds: number;
  /** Of these, this step's; of steps that are read over together the mean. */
  readonly stepSeconds: number;
  /** Of these, spent waiting for images. */
  readonly dataSeconds: number;
  /** Alive when it was read over. */
  readonly tensors: number;
  /** Why nothing was learned from its batch; absent: it was. */
  readonly skipped?: SkippedStep;
}

/** A step whose numbers are still on the device. */
export interface PendingStep extends Pick<SessionStep, 'step' | 'learningRate' | 'dataSeconds'> {
  /** Absent where the step was not made, for its pixels. */
  readonly report?: tf.Tensor1D;
  /** What is wrong with them. */
  readonly pixels?: string;
  readonly images: readonly string[];
}

/** A read of a GPU waits until it has done all that it was given; other engines have done it by then. */
export const READ_EVERY: Readonly<Record<string, number>> = { webgpu: 10 };
