/**
 * What a browser downloads for each entry, minified and compressed, against a budget; that what is not used is left out; and
 * what npm downloads for each package.
 *
 *   npm run build && node tools/packaging/size-budgets.mjs
 *
 * Peers (TensorFlow.js) are not counted, dependencies are.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Kilobytes (1000 bytes) of brotli; `without` are words of code that must not be in the bundle. */
const BUDGETS = [
  // Above 16 since the masked average pool and its layer, above 17 since an engine's own kernels are asked for.
  { code: "export * from '@autoregseg/orderings'", budget: 18 },
  { code: "export * from '@autoregseg/orderings/ranks'", budget: 5 },
  { code: "export { rasterOrdering } from '@autoregseg/orderings/ranks'", budget: 1, without: ['hilbert', 'spiral'] },
  { code: "export * from '@autoregseg/losses'", budget: 6.5 },
  {
    code: "export { ntXent } from '@autoregseg/losses'",
    budget: 1.5,
    without: ['sinkhorn', 'mutualInformation', 'barlowTwins'],
  },
  { code: "export * from '@autoregseg/evaluation'", budget: 10 },
  { code: "export * from '@autoregseg/evaluation/confusion'", budget: 3.5 },
  { code: "export { ConfusionMatrix } from '@autoregseg/evaluation/confusion'", budget: 1, without: ['matchClusters'] },
];

/** Kilobytes of each packed package: sources and maps included, and the textures of the demo in data. */
const PACKED = { orderings: 280, losses: 110, evaluation: 130, data: 950, engine: 900, app: 1100 };

const faults = [];
for (const [folder, budget] of Object.entries(PACKED)) {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [{ size, name }] = JSON.parse(
    execFileSync('npm', words, {
      cwd: join(root, 'packages', folder),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  process.stdout.write(`${(size / 1000).toFixed(0).padStart(6)} of ${budget} kB  ${name}, packed\n`);
  if (size > 1000 * budget)
    faults.push(`${name}: ${(size / 1000).toFixed(0)} kB packed are more than its budget of ${budget} kB`);
}
for (const { code, budget, without = [] } of BUDGETS) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    write: false,
  });
  const size = brotliCompressSync(outputFiles[0].contents).length / 1000;
  process.stdout.write(`${size.toFixed(2).padStart(6)} of ${budget} kB  ${code}\n`);
  if (size > budget) faults.push(`${code}: ${size.toFixed(2)} kB are more than its budget of ${budget} kB`);
  for (const word of without.filter((word) => outputFiles[0].text.includes(word))) {
    faults.push(`${code}: '${word}' is in the bundle though nothing uses it`);
  }
}
if (faults.length > 0) {
  process.stderr.write(
    `${faults.join('\n')}\nMake it smaller, or raise the budget in tools/packaging/size-budgets.mjs and say why.\n`,
  );
  process.exitCode = 1;
}
