import { describe, expect, it } from 'vitest';
import { WHEELS, wheelFor } from './wheels.js';

describe('value', () => {
  it('finds the wheel of a machine and a device', () => {
    const machine = { platform: 'linux', arch: 'x64', glibc: true };
    expect(wheelFor('cpu', machine).project).toBe('tensorflow-cpu');
    expect(wheelFor('cuda', machine).project).toBe('tensorflow');
    expect(wheelFor('cpu', { platform: 'darwin', arch: 'arm64', glibc: true }).libraries[0]).toBe(
      'libtensorflow_cc.2.dylib',
    );
  });

  it('pins every wheel by a SHA-256', () => {
    for (const { sha256 } of Object.values(WHEELS)) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('error', () => {
  it.each([
    ['cpu', 'win32', 'x64', 'no libtensorflow for win32-x64-cpu', 'Use the wasm engine, which needs no installation.'],
    ['cpu', 'darwin', 'x64', 'no libtensorflow for darwin-x64-cpu', 'Use the wasm engine'],
    ['cuda', 'linux', 'arm64', 'no libtensorflow for linux-arm64-cuda', 'Leave --cuda out.'],
  ] as const)('says that there is none: %s on %s %s', (device, platform, arch, what, cure) => {
    const find = () => wheelFor(device, { platform, arch, glibc: true });
    expect(find).toThrow(`installEngine: prepare: ${what}; wheels are pinned for linux-x64-cpu, linux-x64-cuda, `);
    expect(find).toThrow(cure);
  });

  it('refuses a Linux with another C library than glibc', () => {
    expect(() => wheelFor('cpu', { platform: 'linux', arch: 'x64', glibc: false })).toThrow(
      'installEngine: prepare: libtensorflow needs glibc, and this Linux has another C library (musl). Use the wasm engine',
    );
  });
});
