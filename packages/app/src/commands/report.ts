/** `autoregseg report`: writes a run's report anew, such as after more training. */
import { useEngine } from '@autoregseg/engine';
import { Argument, Command } from 'commander';
import { writeRunReport } from '../run/write-report.js';
import { printJson, printResult, sayFallback, warn } from './console.js';
import {
  withEngine,
  withInference,
  withJson,
  type EngineOptions,
  type InferenceOptions,
  type JsonOptions,
} from './options.js';

type ReportOptions = EngineOptions & JsonOptions & InferenceOptions;

export function reportCommand(): Command {
  const command = new Command('report')
    .description("Write a run's report: one HTML file with images, clusters, curves and scores.")
    .addArgument(new Argument('<run>', 'folder that `train` wrote'))
    .addHelpText('after', '\nExample:\n  autoregseg report run');
  return withJson(withEngine(withInference(command))).action(async (run: string, options: ReportOptions) => {
    sayFallback(await useEngine(options.engine));
    const { report, evaluation } = await writeRunReport(run, {
      view: options.view,
      refine: options.refine,
      onWarning: warn,
    });
    if (options.json) printJson({ report, ...evaluation });
    else printResult(`report written to ${report}`);
  });
}
