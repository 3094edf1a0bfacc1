/** `autoregseg train`: learns clusters from a dataset and leaves a run folder. */
import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { Command, Option } from 'commander';
import type { Communicator } from '../distributed/communicator.js';
import { UsageError } from '../errors.js';
import { FEATURE_RECIPE, featurePreset } from '../features/feature-training.js';
import { readRunConfig } from '../run/run-config.js';
import type { RunManifest } from '../run/run-manifest.js';
import { writeRunReport } from '../run/write-report.js';
import type { TrainConfig } from '../training/config.js';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { follow } from '../training/follow.js';
import { train, type TrainOutcome, type TrainRequest } from '../training/train.js';
import { trainSeeds } from '../training/train-seeds.js';
import {
  describeStep,
  printJson,
  printResult,
  say,
  sayFallback,
  startProgress,
  warn,
  type Progress,
} from './console.js';
import { featureSpecOf, withFeatures, type FeatureOptions } from './feature-options.js';
import { inTeam } from './in-team.js';
import { onInterrupt } from './interrupt.js';
import { configOf, withRecipe, type RecipeOptions } from './recipe.js';
import {
  datasetSpecOf,
  oneOf,
  wholeNumber,
  withDataset,
  withEngine,
  withJson,
  withSeeds,
  type DatasetOptions,
  type EngineOptions,
  type JsonOptions,
  type SeedsOptions,
} from './options.js';

type TrainOptions = DatasetOptions &
  EngineOptions &
  JsonOptions &
  RecipeOptions &
  FeatureOptions & {
    readonly out: string;
    readonly clusters?: number;
    readonly resume?: boolean;
    readonly force?: boolean;
    readonly cache?: string;
  } & SeedsOptions;

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Learn clusters from unlabelled images; labels, where present, are never read.')
    .addOption(
      new Option(
        '--method <name>',
        'ac: clusters by mutual information; arl: features by InfoNCE, then K-means',
      ).argParser(oneOf(['ac', 'arl'])),
    )
    .requiredOption('--out <dir>', "the run's folder")
    .option('--clusters <k>', 'clusters; by default as many as the dataset has classes', wholeNumber(2))
    .option('--cache <dir>', 'keep decoded images there, so that each is decoded once for all runs')
    .option('--resume', 'go on from the newest checkpoint in --out; starts where there is none')
    .option('--force', 'replace what an earlier run left in --out')
    .addHelpText(
      'after',
      '\nExamples:\n  autoregseg train --dataset mosaic --out run --steps 200\n' +
        '  mpirun -n 4 autoregseg train --dataset mosaic --out run   (four processes share each batch: docs/scale.md)',
    );
  return withJson(withEngine(withFeatures(withSeeds(withRecipe(withDataset(command)))))).action(runTrain);
}

async function runTrain(options: TrainOptions): Promise<void> {
  await inTeam((team) => (team.rank === 0 ? lead(options, team) : followFirst(options, team)));
}

/** What the processes but the first do: the same steps, and no word of them but warnings. */
async function followFirst({ out, engine, cache }: TrainOptions, team: Communicator): Promise<void> {
  const interrupt = onInterrupt();
  const onWarning = (message: string) => warn(`process ${team.rank}: ${message}`);
  try {
    await follow(team, { out, engine, cache, signal: interrupt.signal, onWarning });
  } finally {
    interrupt.release();
  }
}

async function lead(options: TrainOptions, team: Communicator): Promise<void> {
  const spec = datasetSpecOf(options);
  const dataset = openDataset(spec);
  const clusters = options.clusters ?? dataset.classes.length;
  if (clusters < 2) throw new UsageError('--clusters is needed where the dataset has no classes.');
  const features = featureSpecOf(options);
  const preset = features ? featurePreset(options.preset) : options.preset;
  const config = configOf({ ...options, preset }, clusters, features && FEATURE_RECIPE);
  if (options.seeds > 1 && team.size > 1) {
    throw new UsageError('--seeds trains one run after another: under mpirun start one command for each --seed.');
  }
  sayFallback(await useEngine(options.engine));
  if (team.size > 1) {
    say(
      `${team.size} processes share each batch; should one die, all end, and the same command ` +
        `with --resume goes on from the newest checkpoint (one every ${config.checkpointEvery} steps)`,
    );
  }
  const { out, resume, force, engine } = options;
  const request = { dataset: spec, features, config, out, resume, force, engine, cache: options.cache, team };
  const outcome = await trainWithProgress({ ...request, command: commandLine() }, options);
  if (outcome.status === 'interrupted') {
    if (options.json) printJson({ run: out, ...outcome.manifest });
    return;
  }
  const { report } = await writeRunReport(out, { onWarning: warn });
  if (options.json) printJson({ run: out, report, ...outcome.manifest });
  else printResult(`run written to ${out}; look at ${report}`);
}

/**
 * Trains with a progress bar, the best of several seeds where more than one is asked for; Ctrl-C ends it after a checkpoint,
 * with exit code 130 and a line that says how to go on.
 */
export async function trainWithProgress(
  request: TrainRequest,
  { seeds }: SeedsOptions = { seeds: 1 },
): Promise<TrainOutcome> {
  if (seeds === 1) return trainOnce(request, 'training');
  if (request.config.method !== 'ac') {
    throw new UsageError(
      `--seeds chooses by how far clusters agree, and --method ${request.config.method} learns none.`,
    );
  }
  const outcome = await trainSeeds({ ...request, seeds }, (one, place) =>
    trainOnce(one, `training seed ${place} of ${seeds}`),
  );
  for (const { seed, information, kappa } of outcome.manifest.seeds ?? []) {
    say(
      `seed ${seed}: orderings agree ${kappa.toFixed(3)} beyond chance (kappa), information ${information.toFixed(3)} nats`,
    );
  }
  if (outcome.status === 'finished') say(`kept: seed ${readRunConfig(request.out).config.seed}`);
  return outcome;
}

async function trainOnce(request: TrainRequest, title: string): Promise<TrainOutcome> {
  const interrupt = onInterrupt();
  let progress: Progress | undefined;
  let features: Progress | undefined;
  try {
    const outcome = await train({
      ...request,
      signal: interrupt.signal,
      onWarning: warn,
      onFeatures(done, total) {
        features ??= startProgress('feature maps', total);
        features.update(done);
      },
      onStart({ images, parameters, step }) {
        features?.stop();
        say(`${images} images, ${parameters} parameters${step > 0 ? `, from step ${step}` : ''}`);
        progress = startProgress(title, request.config.steps, step);
      },
      onStep: (metrics) => progress?.update(metrics.step, describeStep(metrics)),
      onFinish() {
        progress?.stop();
        say('all steps taken: choosing what segments');
      },
    });
    if (outcome.status === 'interrupted') {
      progress?.stop();
      say(`stopped at step ${outcome.manifest.step}; the same command with --resume goes on`);
      process.exitCode = 130;
    } else {
      say(describeChoice(outcome.manifest, request.config));
    }
    return outcome;
  } finally {
    progress?.stop();
    interrupt.release();
  }
}

/** What segments, and why. */
function describeChoice({ head, distilled }: RunManifest, { method, clusters }: TrainConfig): string {
  if (method === 'arl') return `${head} segments: K-means on features`;
  const chosen = distilled ?? head;
  const why =
    chosen === OVERCLUSTERING_HEAD
      ? `overclusters merged into ${clusters}, since the best main head leaves a cluster all but unused`
      : `${chosen}, the main head that orderings agree on most`;
  return distilled === undefined ? `what segments: ${why}` : `what segments: a head taught by ${why}`;
}

/** What the user typed, as it can be typed again. */
export function commandLine(): string {
  const quote = (word: string) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
  return ['autoregseg', ...process.argv.slice(2).map(quote)].join(' ');
}
