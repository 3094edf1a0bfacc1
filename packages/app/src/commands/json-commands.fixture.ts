/** The commands that have --json: which there are, by the program itself, and which of two tests tries each. */
import type { Command } from 'commander';
import { expect } from 'vitest';
import { createProgram } from './program.js';
import { succeed } from './run-command.fixture.js';

/** Tried by json-output.test.ts. */
export const QUICK_COMMANDS = [
  'prepare potsdam',
  'prepare coco-stuff',
  'data check',
  'segment',
  'plan',
  'train',
  'evaluate',
  'predict',
  'probe',
  'baseline kmeans',
  'baseline sift',
  'baseline random-cnn',
  'baseline iic',
  'presets',
  'report',
  'view',
  'export',
  'orderings list',
  'orderings show',
  'orderings overlap',
  'import',
  'tree',
] as const;

/** Tried by json-output.slow.test.ts: they measure, train several times, or load every engine. */
export const SLOW_COMMANDS = [
  'demo',
  'table',
  'ablate',
  'study',
  'engine status',
  'bench step',
  'bench contrast',
  'bench loss',
  'bench attention',
  'bench predict',
  'bench operations',
  'bench sizes',
  'bench evaluation',
] as const;

/** What is said of a command's output, and the test of it. Records of all commands of a list are complete by their type. */
export interface JsonTrial {
  readonly says: string;
  readonly holds: () => Promise<void>;
}

/** Every command of the program that knows --json, as it is typed: `bench step`. */
export function commandsWithJson(): string[] {
  const below = (command: Command, path: readonly string[]): string[] => [
    ...(command.options.some(({ long }) => long === '--json') ? [path.join(' ')] : []),
    ...command.commands.flatMap((child) => below(child, [...path, child.name()])),
  ];
  return below(createProgram(), []);
}

/** What the command prints, which must be one line that holds one object. */
export async function objectFrom(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await succeed(...words, '--json');
  return objectIn(stdout);
}

/** The object that is all of stdout. */
export function objectIn(stdout: string): Record<string, unknown> {
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** What every command that scores prints. */
export const SCORES = [
  'protocol',
  'pixels',
  'pixelAccuracy',
  'meanIoU',
  'classAccuracy',
  'iou',
  'matching',
  'confusion',
];
