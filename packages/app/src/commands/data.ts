/** `autoregseg data check`: what is missing or damaged in a dataset, and where to get it. */
import { checkDataset, type DatasetReport } from '@autoregseg/data';
import { Command } from 'commander';
import { percent, printJson, printResult, startProgress, type Progress } from './console.js';
import { datasetSpecOf, withDataset, withJson, type DatasetOptions, type JsonOptions } from './options.js';

type CheckOptions = DatasetOptions & JsonOptions & { readonly deep?: boolean };

export function dataCommand(): Command {
  const check = new Command('check')
    .description('Say what is missing or damaged in a dataset and what to do about it; exit code 1 when something is.')
    .option('--deep', 'also read every image and label')
    .addHelpText('after', '\nExample:\n  autoregseg data check --dataset coco-stuff3 --root ./coco');
  return new Command('data').description('Look at datasets.').addCommand(withJson(withDataset(check)).action(runCheck));
}

async function runCheck(options: CheckOptions): Promise<void> {
  let progress: Progress | undefined;
  const report = await checkDataset(datasetSpecOf(options), {
    deep: options.deep,
    onProgress(done, total) {
      progress ??= startProgress('reading', total);
      progress.update(done);
    },
  }).finally(() => progress?.stop());
  if (!report.ok) process.exitCode = 1;
  if (options.json) printJson(report);
  else for (const line of describe(report)) printResult(line);
}

function describe({ dataset, layout, images, labelled, findings, classShares, ok }: DatasetReport): string[] {
  return [
    `${dataset} (${layout}): ${images} images, ${labelled} labelled`,
    ...findings.flatMap(({ kind, what, cure }) => [`${kind}: ${what}`, ...(cure ? [`  -> ${cure}`] : [])]),
    ...Object.entries(classShares ?? {}).map(([name, share]) => `  ${name}: ${percent(share)}`),
    ok ? 'all there' : 'not all there',
  ];
}
