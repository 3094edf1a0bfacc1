import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { provenanceFaults, withRepository } from './provenance.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const CI = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token' };

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
}

const published = readdirSync(join(ROOT, 'packages'))
  .map((name) => `packages/${name}`)
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest,
  }))
  .filter(({ manifest }) => manifest.private !== true);

describe('value', () => {
  it('finds nothing but the address missing in our own manifests', () => {
    const faults = provenanceFaults(published, CI);
    // The address comes with the public repository.
    expect(faults.filter((fault) => !fault.includes(': no repository;'))).toEqual([]);
    const named = published.map(({ folder, manifest }) => ({
      folder,
      manifest: withRepository(manifest, folder, 'https://example.org/owner/name'),
    }));
    expect(provenanceFaults(named, CI)).toEqual([]);
  });

  it('writes the repository before the licence, one address whatever way it is given', () => {
    const manifest = { name: 'a', license: 'MIT', version: '1' };
    const urls = ['https://example.org/o/n', 'git+https://example.org/o/n.git', 'https://example.org/o/n/'];
    for (const url of urls) {
      expect(Object.entries(withRepository(manifest, 'packages/a', url))).toEqual([
        ['name', 'a'],
        ['repository', { type: 'git', url: 'git+https://example.org/o/n.git', directory: 'packages/a' }],
        ['license', 'MIT'],
        ['version', '1'],
      ]);
    }
  });
});

describe('error', () => {
  it('names what each manifest lacks, and a machine that is no CI', () => {
    const repository = { type: 'git', url: 'git+https://example.org/o/n.git', directory: 'elsewhere' };
    const one = { folder: 'packages/a', manifest: { name: 'a', repository, publishConfig: { access: 'public' } } };
    expect(provenanceFaults([one], {})).toEqual([
      'a: publishConfig.provenance must be true',
      "a: repository.directory must be 'packages/a', got 'elsewhere'",
      expect.stringMatching(/^this is no CI that npm trusts: publish from GitHub Actions/),
    ]);
  });
});
