/** `autoregseg presets`: the named recipes, and whether each runs here. */
import { useEngine } from '@autoregseg/engine';
import { Command } from 'commander';
import { PRESETS, type PresetName } from '../training/config.js';
import { trainOneBatch } from '../training/one-batch.js';
import { printJson, printResult, sayFallback } from './console.js';
import { withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

export function presetsCommand(): Command {
  const command = new Command('presets')
    .description('List the named recipes and what they set; with --one-batch, take one step of each.')
    .option('--one-batch', 'train each on one batch of two images of its size')
    .addHelpText('after', '\nExample:\n  autoregseg presets --one-batch');
  return withJson(withEngine(command)).action(runPresets);
}

async function runPresets(options: JsonOptions & EngineOptions & { readonly oneBatch?: boolean }): Promise<void> {
  const names = Object.keys(PRESETS) as PresetName[];
  if (!options.oneBatch) {
    if (options.json) printJson(PRESETS);
    else for (const name of names) printResult(`${name} ${JSON.stringify(PRESETS[name])}`);
    return;
  }
  sayFallback(await useEngine(options.engine));
  const steps = [];
  for (const name of names) {
    const step = await trainOneBatch(name);
    if (!Number.isFinite(step.loss)) throw new RangeError(`presets: the loss of ${name} is ${step.loss}`);
    steps.push(step);
    if (!options.json) {
      const { preset, loss, parameters, crop, seconds } = step;
      printResult(
        `${preset}: ${crop.join('x')}, ${parameters} parameters, loss ${loss.toFixed(4)}, ${seconds.toFixed(1)} s`,
      );
    }
  }
  if (options.json) printJson({ steps });
}
