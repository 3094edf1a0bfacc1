import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { FEATURE_RECIPE, featurePreset } from '../features/feature-training.js';
import { configOf, withRecipe, type RecipeOptions } from './recipe.js';

function parsed(...flags: string[]) {
  const command = withRecipe(new Command('train').exitOverride().configureOutput({ writeErr: () => {} }));
  command.parse(flags, { from: 'user' });
  return configOf(command.opts<RecipeOptions>(), 3);
}

describe('value', () => {
  it('is the preset where no flag is given', () => {
    expect(parsed('--preset', 'paper')).toMatchObject({ flip: false, halfWindow: 10, network: { stemChannels: 64 } });
  });

  it.each([
    ['default', 300],
    ['thorough', 1200],
  ] as const)('keeps the steps of a named preset on feature maps: %s', (preset, steps) => {
    const config = configOf({ preset: featurePreset(preset) }, 3, FEATURE_RECIPE);
    expect(config).toMatchObject({ steps, mergeOverclusters: false, lightGroups: 1, network: { outputStride: 1 } });
  });

  it('puts flags of the network into the network', () => {
    const flags = '--attention 1,2 --dropout 0.1 --output-stride 2 --form centered --dilations 1,4 --context-size 5';
    const expected = {
      attention: [1, 2],
      dropout: 0.1,
      outputStride: 2,
      form: 'centered',
      blocks: 2,
      dilations: [1, 4],
      contextSize: 5,
    };
    expect(parsed(...flags.split(' ')).network).toMatchObject(expected);
  });

  it('takes every choice of the objective and of the views', () => {
    expect(
      parsed(
        ...(
          '--pairing opposite --orderings top-left-row,hilbert --no-flip --view-crop 0.5 --jitter 0 ' +
          '--head-training alternate --joint per-displacement --entropy-weight 1.5 --light-groups 2'
        ).split(' '),
      ),
    ).toMatchObject({
      pairing: 'opposite',
      orderings: ['top-left-row', 'hilbert'],
      flip: false,
      viewCrop: 0.5,
      headTraining: 'alternate',
      joint: 'per-displacement',
      entropyWeight: 1.5,
      overEntropyWeight: 1,
      lightGroups: 2,
      jitter: 0,
    });
  });

  it('lets no attention be asked for by name', () => {
    expect(parsed('--attention', 'none').network.attention).toEqual([]);
  });
});

describe('error', () => {
  it.each([
    [['--pairing', 'oposite'], /Did you mean opposite\?/],
    [['--attention', 'first'], /Numbers of blocks are needed, such as 1,2, or none/],
    [['--dilations', '1,0'], /A number of positions for each block is needed, such as 1,4/],
    [['--jitter', '2'], /A number from 0 to 1 is needed/],
  ])('says what %j should have been', (flags, text) => {
    expect(() => parsed(...flags)).toThrow(text);
  });
});
