/**
 * A whole release against a registry on this machine: versions, changelogs, publication, and an installation from there.
 *
 *   npm run release:rehearse
 *
 * Works on a clone in a temporary folder: this repository is not changed, and nothing leaves the machine. The registry is
 * verdaccio, installed there too; packages that are not ours it passes on from the registry that npm is set to.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The newest that runs on Node 20; it asks for a tag of node-fetch that not every mirror carries. */
const VERDACCIO = { dependencies: { verdaccio: '6.1.2' }, overrides: { 'node-fetch': '2.7.0' } };
const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'autoregseg-release-'));
const repository = join(scratch, 'repository');

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);

/**
 * @param {string} program
 * @param {string[]} words
 * @param {import('node:child_process').ExecFileSyncOptions} options
 */
const run = (program, words, options = {}) =>
  String(execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options }));

/** @returns {Promise<number>} a port that is free now */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @param {number} port */
async function startRegistry(port) {
  const upstream = run('npm', ['config', 'get', 'registry'], { cwd: root }).trim();
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  const config = {
    storage: join(scratch, 'storage'),
    uplinks: { upstream: { url: upstream } },
    packages: { '@autoregseg/*': ours, autoregseg: ours, '**': { access: '$all', proxy: 'upstream' } },
    log: { type: 'file', path: join(scratch, 'verdaccio.log'), level: 'warn' },
    web: { enable: false },
    max_body_size: '100mb',
  };
  writeFileSync(join(scratch, 'verdaccio.yaml'), JSON.stringify(config)); // JSON is YAML
  const home = join(scratch, 'registry');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, ...VERDACCIO }));
  run('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home });
  const program = join(home, 'node_modules/verdaccio/bin/verdaccio');
  const words = [program, '--config', join(scratch, 'verdaccio.yaml'), '--listen', `127.0.0.1:${port}`];
  const registry = spawn(process.execPath, words, { cwd: home, stdio: 'ignore' });
  for (let second = 0; second < 60; second++) {
    const up = await fetch(`http://127.0.0.1:${port}/-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return registry;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error('verdaccio did not answer within a minute');
}

/** The tree as it is committed, with the built packages of this one: `npm run release` builds anew, after the version is set. */
function cloneRepository() {
  run('git', ['clone', '--quiet', '--shared', root, repository]);
  symlinkSync(join(root, 'node_modules'), join(repository, 'node_modules'));
  for (const folder of readdirSync(join(root, 'packages'))) {
    const dist = join(root, 'packages', folder, 'dist');
    if (existsSync(dist)) cpSync(dist, join(repository, 'packages', folder, 'dist'), { recursive: true });
  }
}

/** Provenance is signed by a CI's identity, which a rehearsal has none of. */
function leaveProvenanceOut() {
  for (const folder of readdirSync(join(repository, 'packages'))) {
    const file = join(repository, 'packages', folder, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    delete manifest.publishConfig?.provenance;
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

let registry;
try {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  say(`registry: verdaccio ${VERDACCIO.dependencies.verdaccio} on ${url}`);
  registry = await startRegistry(port);
  cloneRepository();
  leaveProvenanceOut();
  const npmrc = join(scratch, 'npmrc');
  writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=rehearsal\n`);
  const env = { ...process.env, npm_config_registry: url, npm_config_userconfig: npmrc, CI: 'true' };
  const changeset = join(root, 'node_modules/.bin/changeset');
  say('changeset version');
  run(changeset, ['version'], { cwd: repository, env });
  say('changeset publish');
  run(changeset, ['publish', '--no-git-tag'], { cwd: repository, env });
  const project = join(scratch, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true}');
  say('npm install autoregseg, from there');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', 'autoregseg'], { cwd: project, env });
  const manifests = readdirSync(join(repository, 'packages'))
    .map((folder) => JSON.parse(readFileSync(join(repository, 'packages', folder, 'package.json'), 'utf8')))
    .filter(({ private: hidden }) => hidden !== true);
  const installed = join(project, 'node_modules/autoregseg');
  const { version: printed } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  run(process.execPath, [join(installed, 'dist/cli.js'), 'orderings', 'list'], { cwd: project, env });
  for (const { name, version } of manifests) {
    const published = run('npm', ['view', `${name}@${version}`, 'version'], { env }).trim();
    process.stdout.write(`${name} ${published}\n`);
    if (published !== version) throw new Error(`${name} ${version} is not in the registry`);
  }
  const versions = new Set(manifests.map(({ version }) => version));
  if (versions.size !== 1) throw new Error(`all packages carry one version, got ${[...versions].join(', ')}`);
  process.stdout.write(`autoregseg ${printed}, installed from there, runs\n`);
  if (!versions.has(printed)) throw new Error(`autoregseg must be installed as ${[...versions][0]}, got ${printed}`);
} finally {
  registry?.kill();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
