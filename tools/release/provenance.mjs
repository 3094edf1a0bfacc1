/**
 * Whether a release can carry provenance, npm's proof of which commit of which repository a package was built from.
 *
 *   node tools/release/provenance.mjs                                   says what is missing; exit code 1 then
 *   node tools/release/provenance.mjs --repository https://host/owner/name   writes the repository into the manifests
 *
 * npm demands that each manifest names its public repository, and that it is published from a CI whose identity npm can check.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {{ type: string, url: string, directory?: string }} [repository]
 * @property {{ access?: string, provenance?: boolean }} [publishConfig]
 */

/**
 * The manifest with its repository, the field before `license`, where npm's own tools put it.
 *
 * @template {Manifest} T
 * @param {T} manifest @param {string} folder in the repository @param {string} url
 * @returns {T}
 */
export function withRepository(manifest, folder, url) {
  const address = `git+${url.replace(/^git\+/, '').replace(/(?:\.git)?\/?$/, '')}.git`;
  const repository = { type: 'git', url: address, directory: folder };
  const entries = Object.entries(manifest).filter(([field]) => field !== 'repository');
  const place = entries.findIndex(([field]) => field === 'license');
  entries.splice(place < 0 ? entries.length : place, 0, ['repository', repository]);
  return /** @type {T} */ (Object.fromEntries(entries));
}

/**
 * @param {readonly { folder: string, manifest: Manifest }[]} packages those that are published
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {string[]} what stands in the way, and what to do
 */
export function provenanceFaults(packages, environment) {
  const faults = [];
  for (const { folder, manifest } of packages) {
    const { name, repository, publishConfig } = manifest;
    if (publishConfig?.provenance !== true) faults.push(`${name}: publishConfig.provenance must be true`);
    if (publishConfig?.access !== 'public') faults.push(`${name}: publishConfig.access must be 'public'`);
    if (!repository?.url) {
      faults.push(`${name}: no repository; \`node tools/release/provenance.mjs --repository URL\` writes it`);
    } else if (repository.directory !== folder) {
      faults.push(`${name}: repository.directory must be '${folder}', got '${repository.directory}'`);
    }
  }
  const addresses = new Set(packages.flatMap(({ manifest: { repository } }) => repository?.url ?? []));
  if (addresses.size > 1) faults.push(`the manifests name several repositories: ${[...addresses].join(', ')}`);
  const isTrusted =
    environment.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined || environment.SIGSTORE_ID_TOKEN !== undefined;
  if (!isTrusted) {
    faults.push(
      'this is no CI that npm trusts: publish from GitHub Actions with the permission id-token: write, or from GitLab CI with ' +
        'an id token SIGSTORE_ID_TOKEN for the audience sigstore',
    );
  }
  return faults;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

function publishedPackages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => ({ folder: `packages/${name}`, file: join(root, 'packages', name, 'package.json') }))
    .map(({ folder, file }) => ({
      folder,
      file,
      manifest: /** @type {Manifest} */ (JSON.parse(readFileSync(file, 'utf8'))),
    }))
    .filter(({ manifest }) => manifest.private !== true);
}

function main() {
  const packages = publishedPackages();
  const at = process.argv.indexOf('--repository');
  if (at >= 0) {
    const url = process.argv[at + 1];
    if (!/^(?:git\+)?https:\/\/[^/]+\/.+/.test(url ?? '')) {
      process.stderr.write(`--repository takes a public https address, got ${url}\n`);
      process.exitCode = 2;
      return;
    }
    for (const { folder, file, manifest } of packages) {
      writeFileSync(file, `${JSON.stringify(withRepository(manifest, folder, url), null, 2)}\n`);
    }
    process.stdout.write(`${packages.length} manifests name ${url}\n`);
    return;
  }
  const faults = provenanceFaults(packages, process.env);
  if (faults.length === 0) process.stdout.write(`${packages.length} packages can be published with provenance\n`);
  else {
    process.stderr.write(`no release with provenance from here:\n${faults.map((fault) => `- ${fault}\n`).join('')}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
