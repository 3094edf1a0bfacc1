/** A trained run, ready to segment images. */
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { UserError } from '../errors.js';
import { featureSource } from '../features/feature-source.js';
import { restoreNetwork } from '../training/run-network.js';
import { readRunConfig, type RunConfig } from '../run/run-config.js';
import { featureCache } from '../run/run-folder.js';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { createObjective } from '../training/create-objective.js';
import { segmentingHead, trainedHead, type SegmentingHead } from '../training/head-choice.js';
import { unprefixed } from '../training/prefixes.js';
import { isDone } from '../training/schedule.js';
import { sessionStateOf } from '../training/session-state.js';
import { namedWeights } from '../training/set-head.js';
import type { SegmenterModel } from './segmenter.js';
import { clustersOf, groupsOf, readTree, type RunTree } from './tree-cut.js';

export interface LoadedRun {
  readonly model: SegmenterModel;
  readonly run: RunConfig;
  /** Steps of the checkpoint that was read. */
  readonly step: number;
  /** Mutual information of each main head, nats, and agreement beyond chance: what the head was chosen by. */
  readonly information: readonly number[];
  readonly kappa?: readonly number[];
  /** What taught the distilled head, where that segments unless the run is cut. */
  readonly teacher?: SegmentingHead;
}

/**
 * The network of a run's newest whole checkpoint, with what segments of it: a main head or merged overclusters, as training chose
 * (head-choice.ts, merged-overclusters.ts), or, where the run is cut from its tree (tree-cut.ts), the branches of that cut, of
 * overclusters as they were taught to the pass without a mask.
 *
 * The caller disposes `model.network`.
 *
 * @param refine - radius of a guided filter over the probabilities, in pixels that the network sees; none by default
 * @throws UserError when the folder is no run or holds no checkpoint yet, and on `refine` where the network sees feature maps,
 * which have no edges to follow
 */
export function loadRun(path: string, onWarning?: (message: string) => void, refine?: number): LoadedRun {
  const tree = readTree(path);
  const unrefined = load(path, onWarning, tree);
  if (refine !== undefined && unrefined.run.features) {
    unrefined.model.network.dispose();
    throw new UserError('--refine follows the edges of images; this run sees feature maps.');
  }
  const loaded = { ...unrefined, model: { ...unrefined.model, refine } };
  if (!tree) return loaded;
  if (tree.step !== loaded.step) {
    onWarning?.(
      `${path}/tree.json is of step ${tree.step} and left aside; \`autoregseg tree ${path}\` makes a new one`,
    );
    return loaded;
  }
  const overclusters = loaded.model.network.config.heads[OVERCLUSTERING_HEAD];
  if (tree.tree.leaves !== overclusters) {
    loaded.model.network.dispose();
    throw new UserError(`${path}/tree.json is of ${tree.tree.leaves} overclusters, the run has ${overclusters ?? 0}.`);
  }
  const cut = { head: OVERCLUSTERING_HEAD, clusters: clustersOf(tree), groups: groupsOf(tree) };
  return { ...loaded, model: { ...loaded.model, ...cut } };
}

/** The same, whatever tree the run was cut from. */
export function loadUncutRun(path: string, onWarning?: (message: string) => void): LoadedRun {
  return load(path, onWarning);
}

/** Its overclusters as `tree` has them, where that is of the checkpoint. */
function load(path: string, onWarning?: (message: string) => void, tree?: RunTree): LoadedRun {
  const run = readRunConfig(path);
  const { config } = run;
  const checkpoint = readNewestCheckpoint(path, onWarning);
  if (!checkpoint) throw new UserError(`${path} has no checkpoint yet. Let \`autoregseg train\` reach its first one.`);
  const state = sessionStateOf(checkpoint, config);
  const { information, kappa, seconds, fitted } = state;
  const taught = tree?.step === checkpoint.step && tree.taught && namedWeights(OVERCLUSTERING_HEAD, tree.taught);
  const network = restoreNetwork(config, run.channels, {
    weights: { ...unprefixed('network.', checkpoint.tensors), ...taught },
  });
  if (!fitted && config.method === 'arl') {
    onWarning?.(`${path} is not finished: its features can be probed, but its clusters are made at the end`);
  } else if (!fitted && isDone({ step: checkpoint.step, seconds }, config)) {
    onWarning?.(
      `${path} took all its steps and is not finished: a main head segments until \`autoregseg train --resume\` ` +
        'chooses what does',
    );
  }
  const { mainHeads } = createObjective(config);
  return {
    model: {
      network,
      ...segmentingHead(mainHeads, config, state),
      statistics: run.statistics,
      working: run.working,
      // Training made the maps that are worth keeping.
      ...(run.features && { featuresOf: featureSource(run.features, { folder: featureCache(path), write: false }) }),
    },
    run,
    step: checkpoint.step,
    information,
    kappa,
    ...(state.distilled !== undefined && { teacher: trainedHead(mainHeads, config, state) }),
  };
}
