/** `autoregseg bench step|operations|loss|contrast|attention|predict|sizes|evaluation`: how fast this machine and engine are. */
import { useEngine } from '@autoregseg/engine';
import { benchEvaluation } from '../bench/evaluation-bench.js';
import { Command, Option } from 'commander';
import {
  benchAttention,
  benchContrast,
  benchLoss,
  benchOperations,
  benchPredict,
  benchStep,
  type BenchOptions,
  type BenchResult,
} from '../bench/benchmarks.js';
import type { ContrastForms } from '../bench/contrast-forms.js';
import type { LossForms } from '../bench/loss-forms.js';
import type { OperationTimes } from '../bench/operation-times.js';
import { describeMachine } from '../run/machine.js';
import { PRESETS, type PresetName } from '../training/config.js';
import { sayContrast, sayForms } from './bench-forms.js';
import { percent, printJson, printResult, sayFallback } from './console.js';
import { imageSize, wholeNumber, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

interface BenchFlags extends EngineOptions, JsonOptions {
  readonly size: [number, number];
  readonly batchSize: number;
  readonly rounds: number;
}

interface Benchmark {
  readonly description: string;
  readonly run: (options: BenchOptions) => BenchResult & Partial<LossForms & ContrastForms>;
  /** @defaultValue 128 x 128, in batches of 10 */
  readonly size?: [number, number];
  readonly batchSize?: number;
  /** @defaultValue 5 */
  readonly rounds?: number;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  step: { description: 'one training step of the reference network (two orderings, T = 10)', run: benchStep },
  loss: {
    description:
      'the pooled mutual information and its gradient at T = 10, beside T = 1 and the information per displacement ' +
      '(on maps of up to 2^14 positions also as one convolution, as IIC has it)',
    run: benchLoss,
    rounds: 25,
  },
  contrast: {
    description:
      'InfoNCE of maps of 64 channels and its gradient, beside NT-Xent ' +
      '(on maps of up to 2^12 positions also with all scores in one matrix, and the gradient by the tape)',
    run: benchContrast,
    size: [32, 32],
    batchSize: 4,
    rounds: 15,
  },
  attention: {
    description: 'masked attention over all positions of a map of 64 channels, and its gradients',
    run: benchAttention,
    size: [100, 100],
    batchSize: 1,
  },
  predict: { description: 'the unmasked network', run: benchPredict },
};

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('Time the engine in use.')
    .addHelpText('after', '\nExample:\n  autoregseg bench step --json');
  for (const [name, { description, run, ...batch }] of Object.entries(BENCHMARKS)) {
    command.addCommand(
      withBatch(name, batch)
        .description(`Time ${description}.`)
        .action((flags: BenchFlags) => runBench(name, run, flags)),
    );
  }
  command.addCommand(
    withBatch('operations', {})
      .description("Show how a training step's time divides among the engine's operations (native, wasm).")
      .addOption(
        new Option('--preset <name>', 'of this recipe, on its own crops and batches, in place of the reference network')
          .choices(Object.keys(PRESETS))
          .conflicts(['size', 'batchSize']),
      )
      .action(runOperations),
  );
  command.addCommand(
    withJson(withEngine(new Command('sizes')))
      .description('Time a training step at five sizes: whether its cost is linear in pixels and batch.')
      .option(
        '--largest <pixels>',
        'leave out images of longer sides, which take the most memory',
        wholeNumber(64),
        256,
      )
      .option('--rounds <n>', 'timed repetitions of each, after a warm-up', wholeNumber(1), 3)
      .addHelpText('after', '\nExample:\n  autoregseg bench sizes --json')
      .action(runSizes),
  );
  command.addCommand(
    withJson(new Command('evaluation'))
      .description('Time scoring: the confusion of a gigapixel, and matching of 27 and of 1000 clusters.')
      .addHelpText('after', '\nExample:\n  autoregseg bench evaluation --json')
      .action(({ json }: JsonOptions) => {
        const times = benchEvaluation();
        if (json) return printJson({ benchmark: 'evaluation', ...times, machine: describeMachine() });
        printResult(`confusion of 10^9 pixels: ${times.gigapixelSeconds.toFixed(2)} s`);
        printResult(`matching 27 x 27: ${(1000 * times.matching27Seconds).toFixed(3)} ms`);
        printResult(`matching 1000 x 1000: ${times.matching1000Seconds.toFixed(3)} s`);
      }),
  );
  return command;
}

type Batch = Pick<Benchmark, 'size' | 'batchSize' | 'rounds'>;

function withBatch(name: string, { size = [128, 128], batchSize = 10, rounds = 5 }: Batch) {
  return withJson(withEngine(new Command(name)))
    .option('--size <HxW>', 'size of the images or maps', imageSize, size)
    .option('--batch-size <n>', 'of them a batch', wholeNumber(1), batchSize)
    .option('--rounds <n>', 'timed repetitions, after a warm-up', wholeNumber(1), rounds)
    .addHelpText('after', `\nExample:\n  autoregseg bench ${name} --json`);
}

/** Operations below this share of a step are counted together in the table. */
const SMALL_SHARE = 0.005;

interface OperationsFlags extends BenchFlags {
  readonly preset?: PresetName;
}

async function runOperations({ size, rounds, preset, ...flags }: OperationsFlags): Promise<void> {
  const engine = await useEngine(flags.engine);
  sayFallback(engine);
  const batch = { height: size[0], width: size[1], batchSize: flags.batchSize };
  const times = benchOperations({ ...batch, rounds, preset });
  if (flags.json) {
    const what = preset === undefined ? batch : { preset };
    return printJson({ benchmark: 'operations', engine: engine.name, ...what, ...times, machine: describeMachine() });
  }
  printResult('| operation | calls | ms | share |');
  printResult('| --- | --- | --- | --- |');
  const row = (name: string, calls: number | undefined, seconds: number) => {
    const numbers = [calls?.toFixed(0) ?? '', (1000 * seconds).toFixed(0), percent(seconds / times.seconds)];
    printResult(`| ${name} | ${numbers.join(' | ')} |`);
  };
  const sum = (rows: OperationTimes['operations'], of: 'calls' | 'seconds') =>
    rows.reduce((all, { [of]: n }) => all + n, 0);
  const large = times.operations.filter(({ share }) => share >= SMALL_SHARE);
  const small = times.operations.filter(({ share }) => share < SMALL_SHARE);
  for (const { operation, calls, seconds } of large) row(operation, calls, seconds);
  row(`${small.length} others`, sum(small, 'calls'), sum(small, 'seconds'));
  row('between operations', undefined, times.betweenSeconds);
  row(`one step on ${engine.name}`, sum(times.operations, 'calls'), times.seconds);
}

/** Height, width and batch, the memory that they take growing: four and sixteen times the positions, by area and by batch. */
const SIZES = [
  [64, 64, 5],
  [64, 64, 20],
  [128, 128, 5],
  [128, 128, 20],
  [256, 256, 5],
] as const;

interface SizesFlags extends EngineOptions, JsonOptions {
  readonly largest: number;
  readonly rounds: number;
}

async function runSizes({ engine: preference, json, largest, rounds }: SizesFlags): Promise<void> {
  const engine = await useEngine(preference);
  sayFallback(engine);
  const sizes = SIZES.filter(([height, width]) => Math.max(height, width) <= largest);
  const rows = sizes.map(([height, width, batchSize]) => {
    const { medianSeconds, iqrSeconds, peakMemoryMb } = benchStep({ height, width, batchSize, rounds });
    const secondsPerMegapixel = (medianSeconds * 1e6) / (batchSize * height * width);
    return { height, width, batchSize, medianSeconds, iqrSeconds, secondsPerMegapixel, peakMemoryMb };
  });
  if (json) return printJson({ benchmark: 'sizes', engine: engine.name, rows, machine: describeMachine() });
  printResult('| images of | batch | median s | s / megapixel | peak memory so far |');
  printResult('| --- | --- | --- | --- | --- |');
  for (const { height, width, batchSize, medianSeconds, secondsPerMegapixel, peakMemoryMb } of rows) {
    const numbers = [medianSeconds.toFixed(3), secondsPerMegapixel.toFixed(1), `${peakMemoryMb.toFixed(0)} MB`];
    printResult(`| ${height} x ${width} | ${batchSize} | ${numbers.join(' | ')} |`);
  }
}

async function runBench(name: string, run: Benchmark['run'], flags: BenchFlags): Promise<void> {
  const engine = await useEngine(flags.engine);
  sayFallback(engine);
  const { batchSize, rounds } = flags;
  const [height, width] = flags.size;
  const result = run({ height, width, batchSize, rounds });
  const { medianSeconds, iqrSeconds, imagesPerSecond, gflopPerSecond, shareOfMatMul, peakMemoryMb } = result;
  if (flags.json) {
    printJson({
      benchmark: name,
      engine: engine.name,
      height,
      width,
      batchSize,
      ...result,
      machine: describeMachine(),
    });
    return;
  }
  const share = shareOfMatMul === undefined ? '' : ` (${percent(shareOfMatMul)} of its large product of matrices)`;
  const speed = gflopPerSecond === undefined ? '' : `, ${gflopPerSecond.toFixed(0)} GFLOP/s${share}`;
  printResult(
    `${name} on ${engine.name}: ${medianSeconds.toFixed(3)} s (IQR ${iqrSeconds.toFixed(3)} s), ` +
      `${imagesPerSecond.toFixed(1)} images/s${speed}, peak ${peakMemoryMb.toFixed(0)} MB`,
  );
  if (result.pooledT1Seconds !== undefined) sayForms(result);
  if (result.infoNce) sayContrast(result);
}
