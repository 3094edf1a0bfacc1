/**
 * The way back of `export --format safetensors`: a file of weights and metadata becomes a run's folder.
 *
 * The run can be evaluated, used and exported like any other. Its optimizer was not in the file: training that goes on
 * from it starts the optimizer anew.
 */
import { readFileSync } from 'node:fs';
import type { NetworkConfig } from '@autoregseg/orderings';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { writeCheckpoint } from '../run/checkpoint.js';
import { checkClusterEdits, writeClusterEdits } from '../run/cluster-edits.js';
import { describeMachine } from '../run/machine.js';
import { prepareOutputFolder, writeRunFile } from '../run/run-folder.js';
import { decodeSafetensors, type NamedArray, type SafetensorsFile } from '../run/safetensors.js';
import { trainConfigSchema, type TrainConfig } from '../training/config.js';
import { createObjective } from '../training/create-objective.js';
import type { HeadGauges } from '../training/head-choice.js';
import { restoreNetwork } from '../training/run-network.js';
import { mergedSchema, misfitOf, type FinishedState, type SessionState } from '../training/session-state.js';
import type { RunConfig } from '../run/run-config.js';
import type { RunManifest } from '../run/run-manifest.js';
import { PORTABLE_FORMAT } from './portable-run.js';

export interface ImportOptions {
  /** The run's folder; made, and refused when it is not empty. */
  readonly out: string;
  /** Replace what an earlier run left there. @defaultValue false */
  readonly force?: boolean;
}

export interface ImportedRun {
  readonly clusters: number;
  readonly bands: number;
  /** Steps that the weights were trained for, as far as the file says. */
  readonly step: number;
}

/** @throws UserError when the file is none of ours, or its parts do not fit together */
export function importRun(file: string, { out, force }: ImportOptions): ImportedRun {
  const { tensors, metadata } = readPortable(file);
  const content = parsePortable(file, metadata);
  const { run, state, edits } = content;
  checkWeights(file, content, tensors);
  const { merged, distilled } = state;
  const { clusters } = merged ?? run.config;
  if (edits !== undefined) checkClusterEdits(edits, clusters);
  prepareOutputFolder(out, { force });
  writeRunFile(out, 'config.json', run);
  writeRunFile(out, 'manifest.json', content.manifest ?? unknownOrigin(content));
  if (edits !== undefined) writeClusterEdits(out, edits, clusters);
  const times = { seconds: 0, dataSeconds: 0 };
  const session: SessionState = {
    optimizerStep: 0,
    information: state.information,
    kappa: state.kappa,
    merged,
    distilled,
    fitted: true,
    ...times,
  };
  const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`network.${name}`, tensor]));
  writeCheckpoint(out, { step: state.step, tensors: named, state: session });
  return { clusters, bands: run.channels, step: state.step };
}

interface Portable {
  readonly run: RunConfig;
  readonly network: NetworkConfig;
  readonly state: { readonly step: number } & HeadGauges & FinishedState;
  readonly manifest?: RunManifest;
  readonly edits?: unknown;
}

function readPortable(file: string): SafetensorsFile {
  let content: SafetensorsFile;
  try {
    content = decodeSafetensors(readFileSync(file));
  } catch (error) {
    throw new UserError(`${file} cannot be read as safetensors: ${(error as Error).message}`);
  }
  const { format } = content.metadata;
  if (format !== PORTABLE_FORMAT) {
    throw new UserError(
      `${file}: its metadata must say format '${PORTABLE_FORMAT}', got ${format === undefined ? 'none' : `'${format}'`}. ` +
        'Make it by `autoregseg export --format safetensors`, or by the script for PyTorch checkpoints (docs/export.md).',
    );
  }
  return content;
}

const band = z.array(z.number()).nonempty();
const schema = z.object({
  run: z.object({
    config: trainConfigSchema,
    // Where the images lay is history: their folder may be another machine's.
    dataset: z.looseObject({ dataset: z.string() }).default({ dataset: 'folder', images: [] }),
    statistics: z.object({ mean: band, std: z.array(z.number().positive()).nonempty() }),
    channels: z.number().int().positive(),
    working: z.looseObject({}),
    features: z.looseObject({ kind: z.enum(['files', 'onnx']) }).optional(),
  }),
  network: z.looseObject({}),
  state: z.object({
    step: z.number().int().min(0),
    information: z.array(z.number()).nonempty(),
    kappa: z.array(z.number()).optional(),
    merged: mergedSchema.optional(),
    distilled: z.string().optional(),
  }),
  manifest: z.looseObject({}).optional(),
  edits: z.unknown().optional(),
});

function parsePortable(file: string, metadata: Readonly<Record<string, string>>): Portable {
  let values: unknown;
  try {
    values = Object.fromEntries(
      Object.keys(schema.shape).flatMap((key) =>
        metadata[key] === undefined ? [] : [[key, JSON.parse(metadata[key]) as unknown]],
      ),
    );
  } catch (error) {
    throw new UserError(`${file}: its metadata must be JSON by key: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw new UserError(`${file}: its metadata has faults\n${z.prettifyError(parsed.error)}`);
  const { run, state } = parsed.data;
  const bands = [run.statistics.mean.length, run.statistics.std.length];
  if (bands.some((count) => count !== run.channels)) {
    throw new UserError(
      `${file}: statistics of ${run.channels} bands are needed, got ${bands.join(' means and ')} deviations`,
    );
  }
  const misfit = misfitOf(state, run.config);
  if (misfit !== undefined) throw new UserError(`${file}: it ${misfit}`);
  return parsed.data as unknown as Portable;
}

/** Puts the weights into a network: what does not fit is found before anything is written. */
function checkWeights(file: string, { run, network }: Portable, tensors: Readonly<Record<string, NamedArray>>): void {
  try {
    restoreNetwork(run.config as TrainConfig, run.channels, { config: network, weights: tensors }).dispose();
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message}`);
  }
}

/** What is known of a network that no run of ours made. */
function unknownOrigin({ run, state }: Portable): RunManifest {
  const now = new Date().toISOString();
  return {
    status: 'finished',
    step: state.step,
    seconds: 0,
    dataShare: 0,
    head: createObjective(run.config).mainHeads[0],
    engine: 'not known: imported',
    machine: describeMachine(),
    command: 'autoregseg import',
    images: 0,
    startedAt: now,
    updatedAt: now,
    warnings: ['imported: how it was trained is not known'],
  };
}
