import { describe, expect, it } from 'vitest';
import { parseRequest } from './run.mjs';

describe('parseRequest', () => {
  it.each([
    [[], 'default'],
    [['--engine'], 'insist'],
    [['--no-engine'], 'decline'],
    [['--engine', '--help'], 'help'],
  ])('reads %j as %s', (args, request) => {
    expect(parseRequest(args)).toBe(request);
  });

  it('refuses what it does not know, by name', () => {
    expect(parseRequest(['--engine', '--fast'])).toEqual({ fault: 'unknown argument --fast' });
  });

  it('refuses both flags at once', () => {
    const { fault } = parseRequest(['--engine', '--no-engine']) as { fault: string };
    expect(fault).toBe('--engine and --no-engine exclude each other');
  });
});
