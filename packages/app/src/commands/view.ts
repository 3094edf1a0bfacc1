/** `autoregseg view`: a run in the browser, on this machine only. */
import { once } from 'node:events';
import { useEngine } from '@autoregseg/engine';
import { Argument, Command } from 'commander';
import { RunViewer } from '../view/run-viewer.js';
import { serveView } from '../view/view-server.js';
import { printJson, printResult, say, sayFallback, startProgress, warn, type Progress } from './console.js';
import { onInterrupt } from './interrupt.js';
import { wholeNumber, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

type ViewFlags = EngineOptions & JsonOptions & { readonly port: number; readonly limit: number };

export function viewCommand(): Command {
  const command = new Command('view')
    .description(
      'Look at a run in the browser: masks at the steps that were kept, the worst and least certain images first, ' +
        'clusters to be named and merged. On this machine only; Ctrl-C ends it.',
    )
    .addArgument(new Argument('<run>', 'folder that `train` or `segment` wrote'))
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber(0), 0)
    .option('--limit <n>', 'images to look at, evenly spread over all', wholeNumber(1), 300)
    .addHelpText('after', '\nExample:\n  autoregseg view run');
  return withJson(withEngine(command)).action(runView);
}

async function runView(run: string, { port, limit, json, engine }: ViewFlags): Promise<void> {
  const interrupt = onInterrupt();
  sayFallback(await useEngine(engine));
  let progress: Progress | undefined;
  const viewer = await RunViewer.open(run, {
    limit,
    onWarning: warn,
    onProgress(done, total) {
      progress ??= startProgress('looking at images', total);
      progress.update(done);
    },
  }).finally(() => progress?.stop());
  const server = await serveView(viewer, { port });
  if (json) printJson({ url: server.url });
  else printResult(`look at ${server.url}`);
  say('Ctrl-C ends it');
  if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort');
  await server.close();
  viewer.dispose();
  interrupt.release();
}
