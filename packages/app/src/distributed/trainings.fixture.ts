/**
 * Short trainings of many kinds: in a test by one process, and under mpirun by several that share each batch.
 *
 *   mpirun -n 4 node --conditions=@autoregseg/source --import tsx src/distributed/trainings.fixture.ts OUT.safetensors
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { channelStatistics, openDataset, type Dataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { encodeSafetensors, type NamedArray } from '../run/safetensors.js';
import { resolveConfig, type TrainConfigInput } from '../training/config.js';
import { TrainingSession } from '../training/session.js';
import { type Communicator } from './communicator.js';
import { openCommunicator } from './open-communicator.js';

/** What they differ in. */
const KINDS: Readonly<Record<string, Partial<TrainConfigInput>>> = {
  'batch normalisation, light and mirrors': {},
  'no normalisation, each displacement by itself': {
    network: { ...network(), normalization: 'none' },
    joint: 'per-displacement',
  },
  'groups of like light': { batchSize: 6, lightGroups: 2 },
  dropout: { network: { ...network(), dropout: 0.3 } },
  'features by InfoNCE': { method: 'arl', negatives: 200 },
  'more images than processes, not by a whole factor': { batchSize: 5, halfWindow: 0 },
};

const STEPS = 2;

/** @returns all tensors of the checkpoints after some steps, by kind and name */
export async function trainings(team: Communicator): Promise<Record<string, NamedArray>> {
  const dataset = withMasks(openDataset({ dataset: 'mosaic', count: 6, size: [32, 32] }));
  const statistics = await channelStatistics(dataset, { seed: 0 });
  const tensors: Record<string, NamedArray> = {};
  for (const [kind, changes] of Object.entries(KINDS)) {
    const session = new TrainingSession(resolveConfig('default', { ...BASE, ...changes }), dataset, statistics, {
      team,
    });
    const losses: number[] = [];
    while (session.step < STEPS) {
      const { loss, information, effectiveClusters, agreement, kappa } = await session.next();
      losses.push(loss, ...information, ...effectiveClusters, ...agreement, ...kappa);
    }
    for (const [name, tensor] of Object.entries((await session.checkpoint()).tensors))
      tensors[`${kind}: ${name}`] = tensor;
    tensors[`${kind}: gauges`] = { shape: [losses.length], data: Float32Array.from(losses) };
    await session.dispose();
  }
  return tensors;
}

const BASE: TrainConfigInput = {
  clusters: 3,
  mainHeads: 2,
  overclusters: 4,
  network: network(),
  batchSize: 4,
  crop: [32, 32],
  halfWindow: 4,
  steps: STEPS,
  seed: 3,
};

function network() {
  return { stemChannels: 4, outputStride: 2, blocks: 1 } as const;
}

/** Some images have pixels that do not count: parts of a batch may have a mask or none. */
function withMasks(dataset: Dataset): Dataset {
  return {
    ...dataset,
    get: async (index) => {
      const sample = await dataset.get(index);
      return index % 2 === 0 ? sample : { ...sample, valid: new Uint8Array(32 * 32).fill(1, 200) };
    },
  };
}

async function main(out: string): Promise<void> {
  await useEngine('wasm');
  const team = await openCommunicator(process.env);
  const tensors = await trainings(team);
  if (team.rank === 0) writeFileSync(out, encodeSafetensors({ tensors, metadata: { processes: String(team.size) } }));
  team.close();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv[2]);
