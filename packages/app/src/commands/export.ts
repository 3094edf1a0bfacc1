/** `autoregseg export`: a run's network for TensorFlow.js, PyTorch or ONNX. */
import { useEngine } from '@autoregseg/engine';
import { Argument, Command, Option } from 'commander';
import { EXPORT_FORMATS, exportRun, type ExportFormat } from '../export/export-run.js';
import { printJson, printResult, sayFallback, warn } from './console.js';
import { oneOf, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

type ExportFlags = EngineOptions &
  JsonOptions & {
    readonly format: ExportFormat;
    readonly out: string;
    readonly licence?: string;
    readonly force?: boolean;
  };

export function exportCommand(): Command {
  const command = new Command('export')
    .description("Write a run's network for other programs; it takes images in 0..1 and normalises them itself.")
    .addArgument(new Argument('<run>', 'folder that `train` or `segment` wrote'))
    .addOption(
      new Option('--format <name>', 'tfjs (a GraphModel), safetensors (with a PyTorch loader) or onnx')
        .argParser(oneOf(EXPORT_FORMATS))
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder for the model and its card')
    .option('--licence <terms>', 'terms of use to write into the card, such as CC-BY-4.0')
    .option('--force', 'write into a folder that is not empty')
    .addHelpText('after', '\nExample:\n  autoregseg export run --format onnx --out ./model');
  return withJson(withEngine(command)).action(async (run: string, options: ExportFlags) => {
    sayFallback(await useEngine(options.engine));
    const { model, files } = exportRun(run, { ...options, onWarning: warn });
    if (options.json) printJson({ model, format: options.format, files });
    else printResult(`${options.format} model written to ${model}`);
  });
}
