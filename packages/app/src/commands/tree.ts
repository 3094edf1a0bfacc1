/** `autoregseg tree`: another number of clusters out of a finished run, without training. */
import { useEngine } from '@autoregseg/engine';
import { Argument, Command } from 'commander';
import { readClicks } from '../inference/clicks.js';
import { cutRun, cutRunByClicks, uncutRun } from '../inference/cut-run.js';
import { loadUncutRun } from '../inference/model.js';
import { printJson, printResult, say, sayFallback } from './console.js';
import { clusterCount, withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';

type TreeOptions = EngineOptions &
  JsonOptions & { readonly k: number | 'auto'; readonly clicks?: string; readonly reset?: boolean };

export function treeCommand(): Command {
  const command = new Command('tree')
    .description(
      'Cut a run at another number of clusters, without training: overclusters merged by least information lost.',
    )
    .addArgument(new Argument('<run>', 'folder that `train` wrote, trained with overclusters'))
    .option('-k <clusters>', 'clusters, or auto: where the curve of information bends most', clusterCount, 'auto')
    .option('--clicks <file>', 'named classes in place of a cut: a CSV file with the columns image,x,y,class')
    .option('--reset', 'back to the clusters that the run was trained with')
    .addHelpText(
      'after',
      '\nExamples:\n  autoregseg tree run -k 8\n  autoregseg tree run --clicks clicks.csv\n  autoregseg predict run ./photos --out ./masks',
    );
  return withJson(withEngine(command)).action(runTree);
}

async function runTree(run: string, { k, clicks, reset, engine, json }: TreeOptions): Promise<void> {
  const labelled = clicks === undefined ? undefined : readClicks(clicks);
  sayFallback(await useEngine(engine));
  if (reset) {
    const { model } = loadUncutRun(run);
    model.network.dispose();
    uncutRun(run, model.clusters);
    if (json) printJson({ run, clusters: model.clusters });
    else printResult(`${run} segments with its own ${model.clusters} clusters again`);
    return;
  }
  const options = { onFirst: () => say('The first cut of a run takes a while, later ones seconds.') };
  const { clusters, curve } = await (labelled ? cutRunByClicks(run, labelled, options) : cutRun(run, k, options));
  if (json) {
    printJson({ run, clusters, curve });
    return;
  }
  if (labelled) {
    printResult(
      `${run} now has the ${clusters} classes of ${labelled.length} clicks: evaluate, predict and report use them`,
    );
    return;
  }
  printResult(curveLines(curve, clusters).join('\n'));
  printResult(`${run} now has ${clusters} clusters: evaluate, predict and report use them`);
}

/** One line for each number of clusters up to twice the chosen one: information kept, as a bar and in nats. */
function curveLines(curve: readonly number[], chosen: number): string[] {
  const all = curve.at(-1)!;
  return curve.slice(1, Math.max(12, 2 * chosen)).map((information, i) => {
    const clusters = i + 2;
    const bar = '#'.repeat(Math.round((40 * information) / (all || 1)));
    return `${String(clusters).padStart(3)} ${bar.padEnd(40)} ${information.toFixed(3)} nats${clusters === chosen ? '  <' : ''}`;
  });
}
