import { describe, expect, it } from 'vitest';
import { installedMatchesLock, npmCommand } from './install.mjs';

const root = { version: '0.0.0' };
const lib = { version: '1.0.0', integrity: 'sha512-a' };

describe('installedMatchesLock', () => {
  it('holds when every package is there in its version', () => {
    const packages = { 'node_modules/lib': lib, 'node_modules/own': { link: true } };
    expect(installedMatchesLock({ packages: { '': root, ...packages } }, { packages })).toBe(true);
  });

  it('fails without a record, as after an interrupted install', () => {
    expect(installedMatchesLock({ packages: { '': root } }, undefined)).toBe(false);
  });

  it.each([
    ['missing', {}],
    ['of another version', { 'node_modules/lib': { ...lib, version: '1.0.1' } }],
    ['of other contents', { 'node_modules/lib': { ...lib, integrity: 'sha512-b' } }],
    ['a link where a package is wanted', { 'node_modules/lib': { link: true } }],
  ])('fails when a package is %s', (_, packages) => {
    expect(installedMatchesLock({ packages: { 'node_modules/lib': lib } }, { packages })).toBe(false);
  });

  it('does not ask for optional packages, which npm leaves out on other platforms', () => {
    const wanted = { packages: { 'node_modules/lib-darwin': { ...lib, optional: true } } };
    expect(installedMatchesLock(wanted, { packages: {} })).toBe(true);
  });

  it('asks for the right version of an optional package that is there', () => {
    const wanted = { packages: { 'node_modules/lib-linux': { ...lib, optional: true } } };
    const packages = { 'node_modules/lib-linux': { ...lib, version: '0.9.0' } };
    expect(installedMatchesLock(wanted, { packages })).toBe(false);
  });
});

describe('npmCommand', () => {
  it('is the npm that called, run by this Node', () => {
    const command = npmCommand('/opt/npm/bin/npm-cli.js', '/opt/node');
    expect(command).toEqual({ command: '/opt/node', args: ['/opt/npm/bin/npm-cli.js'], shell: false });
  });

  it.each([undefined, '', '/opt/pnpm/bin/pnpm.cjs'])('is the npm on the PATH when called by %s', (execPath) => {
    expect(npmCommand(execPath, '/opt/node').command).toBe('npm');
  });
});
