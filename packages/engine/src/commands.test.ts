import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createEngineCommand, statusText } from './commands.js';

/** What a command prints as its help. */
function help(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe('createEngineCommand', () => {
  it('has install, status and remove, each with an example in its help', () => {
    const { commands } = createEngineCommand();
    expect(commands.map((command) => command.name())).toEqual(['install', 'status', 'remove']);
    for (const command of commands) expect(help(command)).toContain(`Example:\n  autoregseg engine ${command.name()}`);
  });

  it('refuses an unknown option', async () => {
    const engine = createEngineCommand();
    for (const command of [engine, ...engine.commands]) command.exitOverride().configureOutput({ writeErr: () => {} });
    await expect(engine.parseAsync(['install', '--gpu'], { from: 'user' })).rejects.toThrow("unknown option '--gpu'");
  });
});

describe('statusText', () => {
  it('says what runs, what does not and why, and what is where', () => {
    const text = statusText({
      engine: {
        name: 'wasm',
        backend: 'wasm',
        versions: { tfjs: '4.22.0' },
        threads: 1,
        device: 'cpu',
        skipped: [{ engine: 'native', why: 'it is not installed', cure: 'install it' }],
      },
      cache: { folder: '/cache', bytes: 0 },
      addon: null,
      installed: null,
      packages: [{ name: '@tensorflow/tfjs-node', folder: '/project/tfjs-node', addon: 'missing' }],
    });
    expect(text.split('\n')).toEqual([
      'engine   WebAssembly (cpu, 1 thread), TensorFlow.js 4.22.0',
      'not      native: it is not installed; install it',
      'cache    /cache (0 MB): nothing installed',
      'package  @tensorflow/tfjs-node, addon missing: /project/tfjs-node',
    ]);
  });
});
