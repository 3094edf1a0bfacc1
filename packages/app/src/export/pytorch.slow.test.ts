/** The PyTorch loader that safetensors exports bring, run by PyTorch. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import type { NetworkOptions } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAsset } from '../assets.js';
import { splitMask } from '../commands/split-mask.fixture.js';
import { encodeSafetensors } from '../run/safetensors.js';
import { SMALL_RUN_STATISTICS, writeSmallRun } from '../run/small-run.fixture.js';
import { exportRun } from './export-run.js';
import { openPyTorch, type PyTorch } from './pytorch.fixture.js';
import { expectedOutputs, randomNetwork } from './random-network.fixture.js';

let folder: string;
let pytorch: PyTorch;
beforeAll(async () => {
  await useTestEngine();
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-loader-'));
  pytorch = openPyTorch();
  writeFileSync(join(folder, 'load_autoregseg.py'), readAsset('load_autoregseg.py'));
}, 1_200_000);
afterAll(() => {
  pytorch.dispose();
  rmSync(folder, { recursive: true });
});

/** Reads float32 pixels, prints both outputs as JSON, all in NHWC. */
const SCRIPT = `
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import torch
from load_autoregseg import load
model = load(sys.argv[1] + "/model.safetensors")
image = torch.from_numpy(np.fromfile(sys.argv[1] + "/image.bin", np.float32).reshape(json.loads(sys.argv[2])))
with torch.no_grad():
    outputs = model(image.permute(0, 3, 1, 2))
from safetensors import safe_open
with safe_open(sys.argv[1] + "/model.safetensors", "pt") as file:
    card = json.loads(file.metadata()["card"])
lists = {name: maps.permute(0, 2, 3, 1).flatten().tolist() for name, maps in outputs.items()}
print(json.dumps({**lists, "card": card}))
`;

describe('loader', () => {
  it('has under 80 lines', () => {
    expect(readAsset('load_autoregseg.py').split('\n').length).toBeLessThan(80);
  });

  it.each<[string, Partial<NetworkOptions>, number[]?]>([
    ['stride 2, attention', { outputStride: 2, blocks: 2, attention: [2] }],
    ['stride 4, batch normalisation, projected features', { outputStride: 4, normalization: 'batch', featureSize: 5 }],
    ['feature maps as input: stride 1', { outputStride: 1, blocks: 1, attention: [1] }],
    ['edges beside the image', { outputStride: 4, edges: true }],
    ['centered form', { outputStride: 4, blocks: 3, form: 'centered' }],
    ['taps apart, and a context wider than the map', { outputStride: 4, dilations: [1, 3], contextSize: 7 }],
    ['clusters of the head merged', { outputStride: 4, blocks: 1 }, [1, 0, 1, 1]],
  ])('gives what the network gives: %s', (_, options, groups) => {
    const network = randomNetwork(options);
    const { config, weights } = network.save();
    const clusters = groups ? [{ id: 0 }, { id: 1 }] : [{ id: 0 }, { id: 1 }, { id: 2 }, { id: 3 }];
    const card = { head: { name: 'main1', groups }, clusters, input: { statistics: SMALL_RUN_STATISTICS } };
    const metadata = { network: JSON.stringify(config), card: JSON.stringify(card) };
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors({ tensors: weights, metadata }));
    const images = tf.randomUniform([2, 21, 30, 3], 0, 1, 'float32', 9) as tf.Tensor4D;
    writeFileSync(join(folder, 'image.bin'), new Uint8Array((images.dataSync() as Float32Array).buffer));
    const { card: read, ...outputs } = JSON.parse(pytorch.run(SCRIPT, [folder, JSON.stringify(images.shape)])) as {
      readonly card: object;
    } & Record<'logits' | 'probabilities', number[]>;
    expect(read).toEqual(card);
    const merged = groups && { groups: Int32Array.from(groups), clusters: clusters.length };
    const expected = expectedOutputs(network, 'main1', images, merged);
    for (const name of ['logits', 'probabilities'] as const) {
      const worst = Math.max(...expected[name].dataSync().map((value, i) => Math.abs(value - outputs[name][i])));
      expect(worst).toBeLessThan(1e-4);
    }
    network.dispose();
  });
});

describe('docs/export.md', () => {
  it('makes the same masks by its lines for ONNX Runtime and for PyTorch, as they stand', () => {
    const [run, out] = [join(folder, 'run'), join(folder, 'model')];
    writeSmallRun(run, { prepare: splitMask });
    for (const format of ['onnx', 'safetensors'] as const) exportRun(run, { format, out, force: true });
    const guide = readFileSync(new URL('../../../../docs/export.md', import.meta.url), 'utf8');
    const [onnx, torch] = Array.from(guide.matchAll(/```python\n(.*?)```/gs), ([, lines]) => lines);
    const script = `
import os, sys
os.chdir(sys.argv[1])
sys.path.insert(0, "model")
import numpy
import onnxruntime
image = numpy.random.default_rng(1).random((2, 3, 21, 30), dtype=numpy.float32)
${onnx}
of_onnx = mask
import torch
image = torch.from_numpy(image)
${torch}
print(mask.shape == of_onnx.shape == (2, 21, 30), (mask.numpy() == of_onnx).mean() > 0.99, len(numpy.unique(of_onnx)) > 1)`;
    expect(pytorch.run(script, [folder]).trim()).toBe('True True True');
  });
});
