/** Every command line in the README, the guides and the packages' READMEs names commands and options that there are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';

const ROOT = resolve(import.meta.dirname, '../../../..');

function documents(): string[] {
  const guides = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`);
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...guides.map((name) => `docs/${name}`), ...packages];
}

/** What follows `autoregseg` in shell blocks and in words set as code, up to the end of that one command. */
function commandLines(markdown: string): string[] {
  const shell = [...markdown.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) =>
    block.replaceAll(/\\\n\s*/g, ' ').split('\n'),
  );
  const inline = [...markdown.replaceAll(/```.*?```/gs, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  return [...shell, ...inline].flatMap((line) => {
    const [, words] = /(?:^|[\s(=])autoregseg ([^#|;&>]*)/.exec(line) ?? [];
    return words === undefined ? [] : [words.trim()];
  });
}

/** What of a command line there is not; undefined where all is there. */
function fault(line: string, program: Command): string | undefined {
  let command = program;
  const words = line.replaceAll(/'[^']*'/g, 'TEXT').split(/\s+/);
  for (const word of words) {
    if (/^--?[a-z]/i.test(word)) {
      const flag = word.replace(/=.*/, '').replace(/[,.)\]]+$/, '');
      if (['--help', '-h', '--version'].includes(flag)) continue;
      if (!command.options.some(({ long, short }) => long === flag || short === flag)) {
        return `autoregseg ${line}: ${command.name()} has no option ${flag}`;
      }
      continue;
    }
    const names = word.split('|').map((name) => command.commands.find((child) => child.name() === name));
    if (names[0] !== undefined) command = names[0];
    else if (command === program) return `autoregseg ${line}: no command ${word}`;
    if (names.length > 1 && names[0] !== undefined && names.includes(undefined)) {
      return `autoregseg ${line}: not all of ${word} are commands`;
    }
  }
  return undefined;
}

describe('the documents', () => {
  const program = createProgram();
  const lines = documents().flatMap((file) =>
    commandLines(readFileSync(join(ROOT, file), 'utf8')).map((line) => ({ file, line })),
  );

  it('name commands and options that there are', () => {
    expect(lines.length).toBeGreaterThan(60);
    const faults = lines.flatMap(({ file, line }) => {
      const found = fault(line, program);
      return found === undefined ? [] : [`${file}: ${found}`];
    });
    expect(faults).toEqual([]);
  });

  it('name every command somewhere', () => {
    const named = new Set(lines.map(({ line }) => line.split(/\s+/)[0]));
    const missing = program.commands.map((command) => command.name()).filter((name) => !named.has(name));
    expect(missing).toEqual([]);
  });
});
