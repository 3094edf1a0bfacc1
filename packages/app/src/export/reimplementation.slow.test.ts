/**
 * A checkpoint in the layout of the public PyTorch reimplementation, converted and imported.
 *
 * AUTOREGSEG_REIMPLEMENTATION names a checkout of Max-Manning/autoregunsupseg: its own network makes the checkpoint and the
 * outputs then. Without, a network of the same layout stands in for it, written below from what the layout is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAsset } from '../assets.js';
import { loadRun } from '../inference/model.js';
import { importRun } from './import-run.js';
import { openPyTorch, type PyTorch } from './pytorch.fixture.js';

const theirs = process.env.AUTOREGSEG_REIMPLEMENTATION;
if (theirs === undefined)
  console.warn('reimplementation.slow: AUTOREGSEG_REIMPLEMENTATION is not set: a stand-in is used');

/** The layout: names of the state and the unmasked arithmetic, in few lines. */
const STAND_IN = `
import torch
from torch import nn
from torch.nn import functional as F

def block(width):
    convs = [nn.Conv2d(width, 2 * width, 3, padding=1)] + [nn.Conv2d(2 * width, 2 * width, 1) for _ in range(5)]
    return nn.ModuleDict({f"conv{i}": conv for i, conv in enumerate(convs, start=1)})

class Net(nn.Module):
    def __init__(self, blocks, in_channels, num_classes, stride):
        super().__init__()
        self.blocks, self.stride = blocks, stride
        self.stem = nn.ModuleDict({"conv": nn.Conv2d(in_channels, 64, 3, padding=1, stride=stride), "bn": nn.BatchNorm2d(64)})
        for i in range(blocks):
            self.add_module(f"resblock{i + 1}", block(64 * 2 ** i))
        self.decoder = nn.ModuleDict({"conv": nn.Conv2d(64 * 2 ** blocks, num_classes, 1)})

    def forward(self, x, ordering):
        x = F.max_pool2d(F.relu(self.stem["bn"](self.stem["conv"](x))), 3, 2, 1)
        for i in range(self.blocks):
            convs = list(getattr(self, f"resblock{i + 1}").values())
            for first, second in zip(convs[::2], convs[1::2]):
                y = F.relu(second(F.relu(first(x))))
                x = y + F.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
        x = F.interpolate(self.decoder["conv"](x), scale_factor=2 * self.stride, mode="bilinear", align_corners=False)
        return x.softmax(dim=1)

def build(blocks, stride):
    return Net(blocks, in_channels=4, num_classes=3, stride=stride)
`;

const THEIRS = `
sys.path.insert(0, sys.argv[4])
from model import model as theirs
def build(blocks, stride):
    return getattr(theirs, f"ARSegmentationNet{blocks}")(in_channels=4, num_classes=3, stride=stride)
`;

/** argv: folder, blocks, stride of the stem's convolution; writes the state, prints image and output, both [N, C, H, W]. */
const SCRIPT = `
import json, sys
import torch
${theirs === undefined ? STAND_IN : THEIRS}
folder, blocks, stride = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(blocks)
net = build(blocks, stride).eval()
with torch.no_grad():
    bn = net.stem["bn"] if isinstance(net.stem, torch.nn.ModuleDict) else net.stem.bn
    bn.running_mean.normal_(); bn.running_var.uniform_(0.5, 2); bn.weight.normal_(1, 0.3); bn.bias.normal_(0, 0.3)
    torch.save(net.state_dict(), folder + "/theirs.pth")
    image = torch.rand(1, 4, 24, 40)
    output = net(image, 0)
print(json.dumps({"image": image.permute(0, 2, 3, 1).flatten().tolist(), "output": output.permute(0, 2, 3, 1).flatten().tolist()}))
`;

let folder: string;
let pytorch: PyTorch;
beforeAll(async () => {
  await useTestEngine();
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-reimplementation-'));
  pytorch = openPyTorch();
}, 1_200_000);
afterAll(() => {
  pytorch.dispose();
  rmSync(folder, { recursive: true });
});

describe('value', () => {
  it.each([
    [2, 4],
    [3, 2],
  ])('has the outputs of their network of %i blocks at output stride %i', (blocks, outputStride) => {
    const args = [folder, String(blocks), String(outputStride / 2), ...(theirs === undefined ? [] : [theirs])];
    const { image, output } = JSON.parse(pytorch.run(SCRIPT, args)) as Record<'image' | 'output', number[]>;
    const [state, file, run] = ['theirs.pth', 'ours.safetensors', `run-${blocks}`].map((name) => join(folder, name));
    pytorch.run(readAsset('convert_autoregunsupseg.py'), [state, file, '--output-stride', String(outputStride)]);
    expect(importRun(file, { out: run })).toEqual({ clusters: 3, bands: 4, step: 0 });
    const { model } = loadRun(run);
    const probabilities = tf.tidy(() => {
      const { logits } = model.network.forward(tf.tensor(image, [1, 24, 40, 4]), 'unmasked');
      return tf.softmax(logits[model.head]).dataSync();
    });
    const worst = Math.max(...probabilities.map((value, i) => Math.abs(value - output[i])));
    expect(output).toHaveLength(24 * 40 * 3);
    expect(worst).toBeLessThan(1e-4);
    model.network.dispose();
  });
});

describe('error', () => {
  it('refuses attention, whose outputs cannot be reproduced', () => {
    const state = join(folder, 'attention.pth');
    pytorch.run('import sys, torch; torch.save({"attn.qconv.weight": torch.zeros(1)}, sys.argv[1])', [state]);
    const convert = () =>
      pytorch.run(readAsset('convert_autoregunsupseg.py'), [state, `${state}.out`, '--output-stride', '4']);
    expect(convert).toThrow(/convert: this checkpoint has attention, whose outputs cannot be reproduced/);
  });
});
