/**
 * Autoregressive clustering (AC): the mutual information between the cluster maps of two views.
 *
 *   loss = - sum over heads of I(softmax f_head(x_a), softmax f_head(x_b)) + w InfoNCE of projected features
 *
 * The main heads' information is that within groups of images of like light (light-groups.ts): none of their few clusters
 * is spent on dusk. An overclustering head, which has clusters to spare, shapes the features beside the main ones; the two
 * kinds are trained together, or take turns by epochs, the overclustering head first, as in [2]. The contrast of features
 * (feature-contrast.ts), of weight w, shapes them too: what no cluster needs to tell apart yet, it does.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 */
import {
  agreementOfGroups,
  effectiveClustersOfGroups,
  mutualInformation,
  mutualInformationOfGroups,
} from '@autoregseg/losses';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config.js';
import { contrastFeatures } from './feature-contrast.js';
import { groupsOfEachHead, headsAsBatch, maskOfEachHead } from './heads-as-batch.js';
import { DISTILLED_HEAD, mainHeadNames, OVERCLUSTERING_HEAD, PROJECTION_HEAD } from './heads.js';
import { lightGroups } from './light-groups.js';
import type { Comparison, ComparisonContext, Objective, ViewMaps } from './objective.js';
import { wholePlaces } from './whole-places.js';

export type ClusteringChoices = Pick<
  TrainConfig,
  | 'clusters'
  | 'mainHeads'
  | 'overclusters'
  | 'headTraining'
  | 'comparisonStride'
  | 'halfWindow'
  | 'joint'
  | 'entropyWeight'
  | 'overEntropyWeight'
  | 'lightGroups'
  | 'contrastWeight'
  | 'projection'
  | 'temperature'
  | 'negatives'
  | 'distil'
  | 'network'
>;

export function clusteringObjective(choices: ClusteringChoices): Objective {
  const { clusters, overclusters } = choices;
  const mainHeads = mainHeadNames(choices.mainHeads);
  const heads = Object.fromEntries(mainHeads.map((head) => [head, clusters]));
  if (overclusters > 0) heads[OVERCLUSTERING_HEAD] = overclusters;
  if (choices.contrastWeight > 0) heads[PROJECTION_HEAD] = choices.projection;
  if (choices.distil) heads[DISTILLED_HEAD] = clusters;
  return {
    heads,
    mainHeads,
    stride: choices.comparisonStride,
    maps: (network, features, size) =>
      Object.fromEntries(
        Object.entries(network.decode(features, size))
          .filter(([head]) => head !== DISTILLED_HEAD)
          .map(([head, map]) => [head, head === PROJECTION_HEAD ? map : tf.softmax(map)]),
      ),
    compare: ({ [PROJECTION_HEAD]: featuresA, ...a }, { [PROJECTION_HEAD]: featuresB, ...b }, context) => {
      const { loss, gauges } = compareClusters(a, b, context, mainHeads, choices);
      if (choices.contrastWeight === 0) return { loss, gauges };
      const contrast = contrastAlongside(featuresA, featuresB, context, choices);
      return { loss: tf.add(loss, tf.mul(choices.contrastWeight, contrast)), gauges };
    },
  };
}

/** The contrast of features at the same place, on the network's own grid: maps that are finer hold no more. */
function contrastAlongside(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  context: ComparisonContext,
  { comparisonStride, network, temperature, negatives }: ClusteringChoices,
): tf.Scalar {
  const stride = Math.max(comparisonStride, network.outputStride);
  const pool = stride / comparisonStride;
  const onGrid = (map: tf.Tensor4D) => (pool > 1 ? tf.avgPool(map, pool, pool, 'same') : map);
  const options = { temperature, negatives, stride, halfWindow: 0 };
  return contrastFeatures(onGrid(a), onGrid(b), context, options).loss;
}

function compareClusters(
  a: ViewMaps,
  b: ViewMaps,
  { mask: pixels, epoch, brightness, share }: ComparisonContext,
  mainHeads: readonly string[],
  { comparisonStride, joint, entropyWeight, overEntropyWeight, headTraining, ...choices }: ClusteringChoices,
): Comparison {
  const halfWindow = Math.round(choices.halfWindow / comparisonStride);
  const mask = pixels && comparisonStride > 1 ? wholePlaces(pixels, comparisonStride) : pixels;
  const { allReduce } = share ?? {};
  const groups = choices.lightGroups > 1 ? lightGroups(brightness, choices.lightGroups, share) : undefined;
  const heads = mainHeads.length;
  const [mainA, mainB] = [headsAsBatch(a, mainHeads), headsAsBatch(b, mainHeads)];
  const eachHead = groupsOfEachHead(tf.ones([1, mainA.shape[0] / heads]), heads);
  const counted = { mask: maskOfEachHead(mask, heads), allReduce };
  const main = { ...counted, halfWindow, joint, entropyWeight };
  // Heads are compared by what they tell of all images, whatever groups they are trained in.
  const { information } = mutualInformationOfGroups(mainA, mainB, eachHead, main); // [H]
  const informationOf = {
    main: () =>
      groups === undefined
        ? tf.sum(information)
        : tf.mul(heads, mutualInformation(mainA, mainB, { ...main, groups: groupsOfEachHead(groups, heads) })),
    over: () =>
      mutualInformation(a[OVERCLUSTERING_HEAD], b[OVERCLUSTERING_HEAD], {
        mask,
        allReduce,
        halfWindow,
        joint,
        entropyWeight: overEntropyWeight,
      }),
  };
  const trained = trainedKinds(OVERCLUSTERING_HEAD in a, headTraining, epoch).map((kind) => informationOf[kind]());
  const gauges = tf.tidy(() => {
    const { observed, kappa } = agreementOfGroups(mainA, mainB, eachHead, counted);
    return tf.stack([information, effectiveClustersOfGroups(mainA, eachHead, counted), observed, kappa]) as tf.Tensor2D;
  });
  return { loss: tf.neg(tf.addN(trained)) as tf.Scalar, gauges };
}

/** The kinds of heads that an epoch trains. */
function trainedKinds(
  overclusters: boolean,
  headTraining: ClusteringChoices['headTraining'],
  epoch: number,
): readonly ('main' | 'over')[] {
  if (!overclusters) return ['main'];
  if (headTraining === 'joint') return ['main', 'over'];
  return [epoch % 2 === 0 ? 'over' : 'main'];
}
