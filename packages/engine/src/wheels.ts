/**
 * The wheels of PyPI that carry libtensorflow, one a platform, each pinned by its SHA-256.
 *
 * 2.15.1 where it exists: on two cores it computes as fast as 2.18.1 and 2.21.0 (matMul and convolution gradients within the
 * scatter of three runs) and is the smallest of them, packed and unpacked. CUDA takes 2.18.1, for its newer CUDA and cuDNN.
 * The tags of the Python version only name the file: nothing of Python is used, so any Python's pip can fetch it.
 */
import { EngineInstallError } from './install-error.js';

/** What the engine computes on. */
export type NativeDevice = 'cpu' | 'cuda';

export interface Wheel {
  /** Project and version on PyPI. */
  readonly project: string;
  readonly version: string;
  /** The wheel's platform tag. */
  readonly platform: string;
  readonly sha256: string;
  /** Size of the wheel. */
  readonly bytes: number;
  /** Size of the two libraries. */
  readonly unpackedBytes: number;
  /** Names of the libraries: the C API first. */
  readonly libraries: readonly [library: string, framework: string];
  /** False where the authors had no such machine. */
  readonly tested: boolean;
}

/** All wheels are tagged for this CPython. */
export const WHEEL_PYTHON = { version: '3.11', abi: 'cp311' } as const;

const LINUX = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
const MACOS = ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'] as const;

/** By platform, architecture and device, as in `linux-x64-cpu`. */
export const WHEELS: Readonly<Record<string, Wheel>> = {
  'linux-x64-cpu': {
    project: 'tensorflow-cpu',
    version: '2.15.1',
    platform: 'manylinux2014_x86_64',
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
    bytes: 207_208_420,
    unpackedBytes: 613_776_177,
    libraries: LINUX,
    tested: true,
  },
  'linux-x64-cuda': {
    project: 'tensorflow',
    version: '2.18.1',
    platform: 'manylinux2014_x86_64',
    sha256: 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828',
    bytes: 615_510_377,
    unpackedBytes: 1_251_754_448,
    libraries: LINUX,
    tested: false,
  },
  'linux-arm64-cpu': {
    project: 'tensorflow-cpu-aws',
    version: '2.15.1',
    platform: 'manylinux2014_aarch64',
    sha256: 'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
    bytes: 211_874_120,
    unpackedBytes: 694_256_768,
    libraries: LINUX,
    tested: false,
  },
  'darwin-arm64-cpu': {
    project: 'tensorflow',
    version: '2.15.1',
    platform: 'macosx_12_0_arm64',
    sha256: 'aa926114d1e13ffe5b2ea59c3f195216f26646d7fe36e9e5207b291e4b7902ff',
    bytes: 205_736_374,
    unpackedBytes: 602_678_636,
    libraries: MACOS,
    tested: false,
  },
};

/** The machine that asks. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** False on musl (Alpine), whose programs cannot load these libraries. */
  readonly glibc: boolean;
}

/** This machine. */
function thisMachine(): Machine {
  Object.assign(process.report, { excludeNetwork: true }); // saves looking up the names of all connections (Node 22 on)
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const glibc = process.platform !== 'linux' || report.header?.glibcVersionRuntime !== undefined;
  return { platform: process.platform, arch: process.arch, glibc };
}

/** @throws EngineInstallError when there is no wheel for the machine and the device */
export function wheelFor(device: NativeDevice, { platform, arch, glibc }: Machine = thisMachine()): Wheel {
  const key = `${platform}-${arch}-${device}`;
  const wheel = WHEELS[key];
  const have = `wheels are pinned for ${Object.keys(WHEELS).join(', ')}`;
  const cure = device === 'cuda' ? 'Leave --cuda out' : 'Use the wasm engine, which needs no installation';
  if (wheel === undefined) throw new EngineInstallError('prepare', `no libtensorflow for ${key}; ${have}`, cure);
  if (!glibc) {
    throw new EngineInstallError(
      'prepare',
      'libtensorflow needs glibc, and this Linux has another C library (musl)',
      cure,
    );
  }
  return wheel;
}
