/** Where and with what a number was measured. */
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly tfjs: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    tfjs: tfjsVersion,
  };
}
