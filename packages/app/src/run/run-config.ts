/** RUN/config.json, checked field by field: a run that was copied from elsewhere may hold anything. */
import { z } from 'zod';
import type { ChannelStatistics, DatasetSpec, TargetSize } from '@autoregseg/data';
import { UserError } from '../errors.js';
import type { FeatureSpec } from '../features/feature-spec.js';
import { trainConfigSchema, type TrainConfig } from '../training/config.js';
import { readRunFile } from './run-folder.js';

/** RUN/config.json: what was asked for. */
export interface RunConfig {
  readonly config: TrainConfig;
  readonly dataset: DatasetSpec;
  readonly statistics: ChannelStatistics;
  readonly channels: number;
  readonly working: TargetSize;
  /** What the network sees instead of the images. */
  readonly features?: FeatureSpec;
}

const side = z.int().positive();

const runConfigSchema = z
  .looseObject({
    config: trainConfigSchema,
    // What belongs to a dataset, openDataset checks.
    dataset: z.custom<DatasetSpec>((spec) => typeof spec === 'object' && spec !== null, 'an object'),
    statistics: z.object({ mean: z.array(z.number()).min(1), std: z.array(z.number().positive()) }),
    features: z.custom<FeatureSpec>((spec) => typeof spec === 'object' && spec !== null, 'an object').optional(),
    channels: z.int().positive(),
    working: z.object({ size: z.tuple([side, side]).optional(), longSide: side.optional() }),
  })
  .refine(({ statistics, channels }) => statistics.mean.length === channels && statistics.std.length === channels, {
    path: ['statistics'],
    message: 'must hold a mean and a deviation for each channel',
  });

/** @throws UserError when the folder is no run, one of another version, or its configuration is not one of this program */
export function readRunConfig(path: string): RunConfig {
  const checked = runConfigSchema.safeParse(readRunFile<object>(path, 'config.json'));
  if (checked.success) return checked.data;
  const faults = z.prettifyError(checked.error).replaceAll(/\s+/g, ' ').slice(0, 400);
  throw new UserError(`${path}/config.json is not a configuration of this program: ${faults}. Train again.`);
}
