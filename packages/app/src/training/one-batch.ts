/**
 * One step of a preset on one batch of two mosaics, with the bands and the size that it is for: whether it runs here, and
 * what a step of it costs.
 */
import { channelStatistics, openDataset, type Dataset, type Sample } from '@autoregseg/data';
import { PRESETS, resolveConfig, type PresetName, type TrainConfigInput } from './config.js';
import { presetChannels } from './paper-presets.js';
import { TrainingSession } from './session.js';

export interface OneBatch {
  readonly preset: PresetName;
  readonly loss: number;
  readonly parameters: number;
  /** Height, width and bands of the crops. */
  readonly crop: readonly [number, number, number];
  readonly seconds: number;
}

const IMAGES = 2;

export async function trainOneBatch(preset: PresetName): Promise<OneBatch> {
  const config = { ...resolveConfig(preset, { clusters: clustersOf(preset) }), batchSize: IMAGES, steps: 1 };
  const channels = presetChannels(preset);
  const dataset = withBands(openDataset({ dataset: 'mosaic', count: IMAGES, size: config.crop }), channels);
  const session = new TrainingSession(config, dataset, await channelStatistics(dataset, { seed: 0 }));
  try {
    const { loss } = await session.next();
    const parameters = session.network.variables.reduce((total, { size }) => total + size, 0);
    return { preset, loss, parameters, crop: [...config.crop, channels], seconds: session.seconds };
  } finally {
    await session.dispose();
  }
}

/** What the preset is for; 3 where it is for anything. */
function clustersOf(preset: PresetName): number {
  const choices: Partial<TrainConfigInput> = PRESETS[preset];
  return choices.clusters ?? 3;
}

/** The same images with further bands, each a copy of the first. */
function withBands(dataset: Dataset, channels: number): Dataset {
  const widen = (sample: Sample): Sample => {
    const [height, width, own] = sample.image.shape;
    const data = new Float32Array(height * width * channels);
    for (let at = 0; at < data.length; at++) {
      const band = at % channels;
      data[at] = sample.image.data[Math.floor(at / channels) * own + (band < own ? band : 0)];
    }
    return { ...sample, image: { shape: [height, width, channels], data } };
  };
  return {
    ...dataset,
    channels,
    get: async (index) => widen(await dataset.get(index)),
    async *[Symbol.asyncIterator]() {
      for await (const sample of dataset) yield widen(sample);
    },
  };
}
