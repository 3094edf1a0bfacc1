/** `autoregseg bench step|loss|attention|predict`: how fast this machine and engine are. */
import { useEngine } from '@autoregseg/engine';
import { Command } from 'commander';
import {
  benchAttention,
  benchLoss,
  benchPredict,
  benchStep,
  type BenchOptions,
  type BenchResult,
} from '../bench/benchmarks.js';
import { describeMachine } from '../run/machine.js';
import { percent, printJson, printResult, sayFallback } from './console.js';
import { imageSize, wholeNumber, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

interface BenchFlags extends EngineOptions, JsonOptions {
  readonly size: [number, number];
  readonly batchSize: number;
  readonly rounds: number;
}

interface Benchmark {
  readonly description: string;
  readonly run: (options: BenchOptions) => BenchResult;
  /** @defaultValue 128 x 128, in batches of 10 */
  readonly size?: [number, number];
  readonly batchSize?: number;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  step: { description: 'one training step of the reference network (two orderings, T = 10)', run: benchStep },
  loss: { description: 'the pooled mutual information and its gradient', run: benchLoss },
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
  for (const [name, { description, run, size = [128, 128], batchSize = 10 }] of Object.entries(BENCHMARKS)) {
    command.addCommand(
      withJson(withEngine(new Command(name)))
        .description(`Time ${description}.`)
        .option('--size <HxW>', 'size of the images or maps', imageSize, size)
        .option('--batch-size <n>', 'of them a batch', wholeNumber(1), batchSize)
        .option('--rounds <n>', 'timed repetitions, after a warm-up', wholeNumber(1), 5)
        .addHelpText('after', `\nExample:\n  autoregseg bench ${name} --json`)
        .action((flags: BenchFlags) => runBench(name, run, flags)),
    );
  }
  return command;
}

async function runBench(name: string, run: (options: BenchOptions) => BenchResult, flags: BenchFlags): Promise<void> {
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
}
