/** The code of docs/plug-in.md as it stands, in a SimCLR that somebody else wrote. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findCausalityViolation, hilbertOrdering, withOrderings } from '@autoregseg/orderings';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(ROOT, 'docs/plug-in.md'), 'utf8');
const block = (name: string) => new RegExp(`\`\`\`js ${name}\\n(.*?)\`\`\``, 's').exec(guide)![1];

beforeAll(useTestEngine);

const conv = (options: object = {}) =>
  layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', ...options });
const encoderOf = (pooled: boolean): LayersModel =>
  sequential({
    layers: [
      conv({ inputShape: [24, 24, 3], activation: 'relu' }),
      conv(),
      ...(pooled ? [layers.globalAveragePooling2d({})] : []),
    ],
  });

describe('the five lines', () => {
  it('are five', () => expect(block('five-lines').trimEnd().split('\n')).toHaveLength(5));

  it.each([true, false])('train somebody’s SimCLR as they stand, pooled: %s', async (pooled) => {
    const encoder = encoderOf(pooled);
    const projector = sequential({
      layers: [layers.dense({ inputShape: encoder.outputs[0].shape.slice(1), units: 4 })],
    });
    const before = encoder.getWeights().map((weight) => [...weight.dataSync()]);
    // The module that the lines stand in, written to a file beside this one so that its imports are resolved as anybody's.
    const folder = mkdtempSync(join(import.meta.dirname, '.five-lines-'));
    try {
      const [imports, body] = [/^import .*$/gm, /^(?!import ).*$/gm].map((lines) =>
        block('five-lines').match(lines)!.join('\n'),
      );
      writeFileSync(
        join(folder, 'lines.mjs'),
        `${imports}\nconst pair = ({ a, b }) => ntXent(a, b, { temperature: 0.2 });\n` +
          `export default ({ encoder, projector, optimizer, images }) => {\n${body}\n};\n`,
      );
      const { default: step } = (await import(join(folder, 'lines.mjs'))) as { default: (given: object) => void };
      step({
        encoder,
        projector,
        optimizer: tf.train.adam(1e-2),
        images: tf.randomUniform([4, 24, 24, 3], 0, 1, 'float32', 1),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    const after = encoder.getWeights().map((weight) => [...weight.dataSync()]);
    expect(after[0]).not.toEqual(before[0]);
  });

  it('the proof finds nothing', () => {
    const ordered = withOrderings(encoderOf(false));
    const code = block('proof')
      .replace('findCausalityViolation(', 'return findCausalityViolation(')
      .replaceAll('24', '8');
    const run = new Function('ordered', 'ordering', 'findCausalityViolation', code);
    expect(run(ordered, hilbertOrdering(), findCausalityViolation)).toBeNull();
  });
});
