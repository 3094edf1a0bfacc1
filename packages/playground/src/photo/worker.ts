/**
 * The worker that computes: the page stays free while a network segments or learns.
 *
 * Between two steps of training it returns to its event loop, so that pausing takes one step at most.
 */
import {
  resolveConfig,
  segmentImage,
  TrainingSession,
  type SegmenterModel,
  type TrainConfig,
} from 'autoregseg/browser';
import { channelStatistics, type RasterImage } from '@autoregseg/data';
import { startBackend } from './backend.js';
import { fetchModel, modelFile, type BundledModel } from './model-file.js';
import type { BackendName, Clusters, Photo, Reply, Request } from './messages.js';
import { photoDataset, rasterOf } from './photo-dataset.js';

const STEPS = 150;
/** Steps between two looks at the whole photo. */
const PREVIEW_EVERY = 10;
/** Side of the training crops, at most: a photo may be smaller. */
const CROP = 96;

interface Training {
  /** The page's number of it. */
  readonly run: number;
  readonly session: TrainingSession;
  readonly config: TrainConfig;
  readonly image: RasterImage;
  readonly statistics: SegmenterModel['statistics'];
  /** False asks the loop over its steps to end. */
  running: boolean;
  /** The loop, which ends a step later than it is asked to. */
  isLooping: boolean;
}

/** Set by the first request; the others wait for it. */
let bundled: Promise<BundledModel> | undefined;
let training: Training | undefined;
let trained: { readonly model: SegmenterModel; readonly config: TrainConfig } | undefined;

const send = (reply: Reply) => postMessage(reply);

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  handle(data).catch((error: unknown) => send({ type: 'failed', message: (error as Error).message ?? String(error) }));
});

async function handle(request: Request): Promise<void> {
  switch (request.type) {
    case 'start':
      bundled = start(request.backend, request.assets);
      return void (await bundled);
    case 'segment':
      return segmentWithBundled(request.photo, request.head);
    case 'train':
      return startTraining(request);
    case 'pause':
      if (training) training.running = false;
      return;
    case 'continue':
      return runTraining();
    case 'reset':
      return stopTraining();
    case 'model':
      if (trained) send({ type: 'model', bytes: await modelFile(trained.model, trained.config) });
  }
}

async function start(wanted: BackendName | 'auto', assets: string): Promise<BundledModel> {
  const backend = await startBackend(wanted);
  const model = await fetchModel(`${assets}model/mosaic.safetensors`);
  send({ type: 'started', backend, heads: model.heads });
  return model;
}

async function segmentWithBundled(photo: Photo, head: string): Promise<void> {
  const { network, statistics, heads } = await bundled!;
  const started = performance.now();
  const result = await segment({ network, statistics, head, clusters: heads[head], working: {} }, rasterOf(photo));
  send({ type: 'segmented', result, seconds: (performance.now() - started) / 1000 });
}

async function startTraining({ run, photo, clusters, seed }: Extract<Request, { type: 'train' }>): Promise<void> {
  await bundled;
  await stopTraining();
  const image = rasterOf(photo);
  const [height, width] = image.shape;
  const config = resolveConfig('quick', {
    clusters,
    seed,
    steps: STEPS,
    batchSize: 4,
    mainHeads: 3,
    crop: [Math.min(CROP, height), Math.min(CROP, width)],
    network: { stemChannels: 16 },
  });
  const dataset = photoDataset(image);
  const statistics = await channelStatistics(dataset);
  const session = new TrainingSession(config, dataset, statistics);
  training = { run, session, config, image, statistics, running: false, isLooping: false };
  await runTraining();
}

async function runTraining(): Promise<void> {
  const current = training;
  if (!current) return;
  current.running = true;
  // Paused and gone on within one step: the loop is still there.
  if (current.isLooping) return;
  current.isLooping = true;
  await takeSteps(current).finally(() => (current.isLooping = false));
}

async function takeSteps(current: Training): Promise<void> {
  const { session, config } = current;
  while (current.running && session.step < config.steps) {
    const gauges = await session.next().catch((error: unknown) => {
      // A reset closes the session under a step that waits for its batch.
      if (training === current) throw error;
    });
    if (training !== current || !gauges) return;
    const best = session.bestHead();
    const preview = session.step % PREVIEW_EVERY === 0 ? await segment(modelOf(current), current.image) : undefined;
    if (training !== current) return;
    send({
      type: 'step',
      run: current.run,
      gauges: {
        step: session.step,
        steps: config.steps,
        information: gauges.information[best],
        effectiveClusters: gauges.effectiveClusters[best],
        agreement: gauges.agreement[best],
      },
      preview,
    });
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (training !== current) return;
  trained = { model: modelOf(current), config };
  if (session.step < config.steps) return;
  current.running = false;
  const result = await segment(trained.model, current.image);
  if (training !== current) return;
  send({ type: 'trained', run: current.run, result, seconds: session.seconds });
}

async function stopTraining(): Promise<void> {
  const current = training;
  training = undefined;
  trained = undefined;
  if (!current) return;
  current.running = false;
  await current.session.dispose();
}

function modelOf({ session, config, statistics }: Training): SegmenterModel {
  const head = session.mainHeads[session.bestHead()];
  return { network: session.network, head, clusters: config.clusters, statistics, working: {} };
}

async function segment(model: SegmenterModel, image: RasterImage): Promise<Clusters> {
  const [height, width] = image.shape;
  const { clusters } = await segmentImage(model, image, 'unmasked');
  return { height, width, clusters: model.clusters, map: clusters };
}
