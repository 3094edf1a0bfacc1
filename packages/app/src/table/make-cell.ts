/** Makes the cell of any method of the table. */
import { channelStatistics } from '@autoregseg/data';
import { runBaseline, type BaselineName } from '../baselines/baselines.js';
import { featureExtractor } from '../inference/features.js';
import { networkOf } from '../training/run-network.js';
import type { Cell, CellWatch, TableSetting } from './cell.js';
import { configOfMethod, isTrained, titleOf, type TableMethod } from './methods.js';
import { openBoth, probeFeatures } from './score-model.js';
import { trainedCell } from './trained-cell.js';

/**
 * @param setting - with `config.steps` fewer than the table's where a shorter training is wanted
 * @param folder - the table's
 * @returns undefined when the watch asked to stop; the same call goes on
 */
export async function makeCell(
  method: TableMethod,
  seed: number,
  setting: TableSetting,
  folder: string,
  watch: CellWatch = {},
): Promise<Cell | undefined> {
  if (!isTrained(method)) return watch.signal?.aborted ? undefined : baselineCell(method, seed, setting);
  const config = configOfMethod(method, setting.config, seed);
  return trainedCell({ method, title: titleOf(method), config }, setting, folder, watch);
}

async function baselineCell(method: BaselineName, seed: number, setting: TableSetting): Promise<Cell> {
  const datasets = openBoth(setting);
  const { config, protocol } = setting;
  const { centroids: _, ...evaluation } = await runBaseline(method, datasets.score, {
    clusters: config.clusters,
    seed,
    fitOn: datasets.train,
    config,
    ...(protocol.matchedOn === 'the training images' && { matchOn: datasets.train }),
  });
  if (method !== 'random-cnn') return { method, seed, evaluation, checkpoints: [] };
  const network = networkOf({ ...config, seed }, datasets.train.channels);
  try {
    const statistics = await channelStatistics(datasets.train, { seed });
    const probes = await probeFeatures(featureExtractor(network, statistics), seed, datasets);
    return { method, seed, evaluation, checkpoints: [], ...probes };
  } finally {
    network.dispose();
  }
}
