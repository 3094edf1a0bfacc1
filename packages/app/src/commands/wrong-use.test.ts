/** What a mistyped command line is answered with: exit code 2, nothing on stdout, the nearest name. */
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.fixture.js';
import { SOURCES, spawnProgram } from './spawn-command.fixture.js';

describe('error', () => {
  it.each([
    ['a command', ['trian'], "unknown command 'trian'\n(Did you mean train?)"],
    ['an option', ['train', '--stpes', '3'], "unknown option '--stpes'\n(Did you mean --steps?)"],
    ['an engine', ['train', '--engine', 'natve'], 'Did you mean native? One of: auto, native, webgpu, wasm.'],
    ['a preset', ['train', '--preset', 'papr'], 'Did you mean paper?'],
    ['a dataset', ['train', '--dataset', 'mosaik'], 'Did you mean mosaic?'],
    ['a split', ['train', '--split', 'tset'], 'Did you mean test?'],
    ['a view', ['evaluate', 'run', '--view', 'averag'], 'Did you mean average?'],
    ['a matching', ['evaluate', 'run', '--match', 'majorty'], 'Did you mean majority?'],
    ['a benchmark', ['bench', 'setp'], "unknown command 'setp'\n(Did you mean step?)"],
    ['a baseline', ['baseline', 'kmean'], "unknown command 'kmean'\n(Did you mean kmeans?)"],
    ['a command of the engine', ['engine', 'instal'], "unknown command 'instal'\n(Did you mean install?)"],
  ])('suggests the nearest name for %s', async (_, words, message) => {
    const { code, stdout, stderr } = await runCommand(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it.each([
    ['fewer than two clusters', ['segment', 'x', '-k', '1', '--out', 'y'], 'A whole number of at least 2 is needed.'],
    ['half a cluster', ['segment', 'x', '-k', '2.5', '--out', 'y'], 'A whole number of at least 2 is needed.'],
    ['no step', ['train', '--steps', '0'], 'A whole number of at least 1 is needed.'],
    ['a size of no area', ['train', '--size', '0x8'], 'Height x width in pixels is needed, such as 96x128.'],
    ['a rate of zero', ['train', '--learning-rate', '0'], 'A number greater than 0 is needed.'],
    ['an endless minute', ['train', '--minutes', 'Infinity'], 'A number greater than 0 is needed.'],
    ['no images', ['segment', '-k', '3', '--out', 'y'], "missing required argument 'images'"],
    ['no folder for results', ['segment', 'x', '-k', '3'], "required option '--out <dir>' not specified"],
    ['no dataset', ['train', '--out', 'y'], "required option '--dataset <name>' not specified"],
    ['one word too many', ['report', 'run', 'away'], 'too many arguments'],
  ])('refuses %s', async (_, words, message) => {
    const { code, stdout, stderr } = await runCommand(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('value', () => {
  const commands = ['demo', 'segment', 'train', 'evaluate', 'predict', 'report', 'baseline kmeans', 'bench step'];

  it.each(commands)('%s has help with an example, on stdout, and is done', async (command) => {
    const { code, stdout, stderr } = await runCommand(...command.split(' '), '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: autoregseg ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  autoregseg ${command}`));
  });

  it('ends in silence when nobody reads on, as after `| head -1`', async () => {
    const line = [process.execPath, ...SOURCES, 'train', '--help'].map((word) => `'${word}'`).join(' ');
    const { stdout, stderr } = await spawnProgram('sh', ['-c', `${line} | head -n 1`]).ended;
    expect({ stdout, stderr }).toEqual({ stdout: 'Usage: autoregseg train [options]\n', stderr: '' });
  });
});
