import { describe, expect, it } from 'vitest';
import { decideEngine, type EngineRecord } from './engine.mjs';

const native: EngineRecord = { outcome: 'native', key: 'here' };
const failed: EngineRecord = { outcome: 'failed', key: 'here', reason: 'no compiler' };
const declined: EngineRecord = { outcome: 'declined', key: 'here' };
const facts = { request: 'default', preference: undefined, last: undefined, key: 'here', present: true } as const;

describe('decideEngine', () => {
  it('installs on the first run', () => {
    expect(decideEngine(facts)).toBe('install');
  });

  it('does nothing while the installed engine is there', () => {
    expect(decideEngine({ ...facts, last: native })).toBe('nothing');
  });

  it('installs again when the cache was removed', () => {
    expect(decideEngine({ ...facts, last: native, present: false })).toBe('install');
  });

  it('reminds of a failure instead of downloading again', () => {
    expect(decideEngine({ ...facts, last: failed, present: false })).toBe('remind');
  });

  it.each([native, failed])('forgets $outcome when the machine or the engine package changes', (last) => {
    expect(decideEngine({ ...facts, last, key: 'elsewhere' })).toBe('install');
  });

  it.each([undefined, native, failed, declined])('tries again with --engine, whatever came before', (last) => {
    expect(decideEngine({ ...facts, last, request: 'insist' })).toBe('install');
  });

  it('leaves it out with --no-engine, and keeps to that', () => {
    expect(decideEngine({ ...facts, request: 'decline' })).toBe('decline');
    expect(decideEngine({ ...facts, last: declined, key: 'elsewhere' })).toBe('nothing');
  });

  it.each(['wasm', 'webgpu'])('leaves it out this time when AUTOREGSEG_ENGINE is %s', (preference) => {
    expect(decideEngine({ ...facts, preference })).toBe('nothing');
  });

  it.each(['', 'auto', 'native'])("installs when AUTOREGSEG_ENGINE is '%s'", (preference) => {
    expect(decideEngine({ ...facts, preference })).toBe('install');
  });
});
