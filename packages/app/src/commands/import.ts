/** `autoregseg import`: a run from a safetensors file. */
import { useEngine } from '@autoregseg/engine';
import { Argument, Command } from 'commander';
import { importRun } from '../export/import-run.js';
import { printJson, printResult, sayFallback } from './console.js';
import { withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

type ImportFlags = EngineOptions & JsonOptions & { readonly out: string; readonly force?: boolean };

export function importCommand(): Command {
  const command = new Command('import')
    .description('Make a run of a safetensors file: one that `export` wrote, or a converted PyTorch checkpoint.')
    .addArgument(new Argument('<file>', 'model.safetensors'))
    .requiredOption('--out <dir>', "the run's folder")
    .option('--force', 'replace what an earlier run left in --out')
    .addHelpText('after', '\nExample:\n  autoregseg import model.safetensors --out run');
  return withJson(withEngine(command)).action(async (file: string, options: ImportFlags) => {
    sayFallback(await useEngine(options.engine));
    const { clusters, bands, step } = importRun(file, options);
    if (options.json) printJson({ run: options.out, clusters, bands, step });
    else printResult(`run of ${clusters} clusters and ${bands} bands written to ${options.out}`);
  });
}
