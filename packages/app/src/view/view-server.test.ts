import { request } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import type { ClusterEdits } from '../run/cluster-edits.js';
import { serveView, type ViewServer } from './view-server.js';

const DESCRIPTION = { title: 'a run', steps: [1, 9], images: [], clusters: [], edits: { names: {}, merged: {} } };

let folder: string;
let server: ViewServer;
let saved: unknown[] = [];
const viewer = {
  describe: () => DESCRIPTION,
  photo: async (index: number) => {
    if (index > 3) throw new RangeError(`view: there is no image ${index}`);
    return Uint8Array.of(index);
  },
  mask: async (step: number, index: number) => Uint8Array.of(step, index),
  edit: (edits: unknown) => {
    if (edits === null) throw new UserError('names and merged clusters have faults');
    saved.push(edits);
    return edits as ClusterEdits;
  },
  report: async () => join(folder, 'report.html'),
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-view-'));
  writeFileSync(join(folder, 'report.html'), '<p>report</p>');
  server = await serveView(viewer);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  saved = [];
});

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** As it is written: fetch() would tidy the path up and set Host itself. */
function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const origin = () => server.url.slice(0, -1);

async function pageToken(): Promise<string> {
  const { body } = await ask('/');
  return /name="autoregseg-token" content="([\w-]{32})"/.exec(body.toString())![1];
}

describe('pages', () => {
  it('listens on loopback alone', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/view.js', 'text/javascript; charset=utf-8'],
    ['/view.css', 'text/css; charset=utf-8'],
    ['/run', 'application/json; charset=utf-8'],
    ['/report', 'text/html; charset=utf-8'],
    ['/photo/2', 'image/webp'],
    ['/mask/9/2?4', 'image/png'],
  ])('serves %s as %s, to itself alone', async (path, type) => {
    const { status, headers } = await ask(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('gives pictures by their numbers', async () => {
    expect([...(await ask('/mask/9/2')).body]).toEqual([9, 2]);
    expect([...(await ask('/photo/3')).body]).toEqual([3]);
  });

  it('has a policy that allows no script but its own file', async () => {
    const policy = (await ask('/')).headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect((await ask('/')).body.toString()).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style="/);
  });
});

describe('what is refused', () => {
  it.each([
    '/../package.json',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/photo/../../etc/passwd',
    '/photo/1%00',
    '/photo/-1',
    '/mask/1/../../x',
    '/mask/01e3/2',
    '//etc/passwd',
    '/view.js/..',
    '/assets/view.js',
  ])('no path of the disk: %s', async (path) => {
    const { status, body } = await ask(path);
    // A path that the URL standard tidies up to '/' is the page itself, never a file.
    const isPage = status === 200 && body.toString().includes('<title>autoregseg view</title>');
    expect(isPage || status === 404).toBe(true);
  });

  it('an image that is not there', async () => {
    const { status, body } = await ask('/photo/7');
    expect([status, body.toString()]).toEqual([404, 'view: there is no image 7\n']);
  });

  it.each(['evil.example', 'evil.example:80'])("another host's name, which may resolve here: '%s'", async (host) => {
    const { status, body } = await ask('/run', { headers: { host } });
    expect(status).toBe(421);
    expect(body.toString()).toBe('this server answers under its own address only\n');
  });

  it.each(['http://evil.example', 'null', 'http://127.0.0.1:1'])('another origin: %s', async (other) => {
    const { status } = await ask('/run', { headers: { origin: other } });
    expect(status).toBe(403);
  });

  it.each(['POST', 'DELETE', 'OPTIONS', 'PATCH'])('another method: %s', async (method) => {
    expect((await ask('/run', { method })).status).toBe(405);
  });
});

describe('names and merges', () => {
  const put = async (headers: Record<string, string>, body: string) =>
    ask('/clusters', { method: 'PUT', headers, body });
  const own = async () => ({
    origin: origin(),
    'x-autoregseg-token': await pageToken(),
    'content-type': 'application/json',
  });
  const edits = { names: { 1: 'sky' }, merged: { 2: 1 } };

  it('are saved for the page', async () => {
    const { status, body } = await put(await own(), JSON.stringify(edits));
    expect([status, JSON.parse(body.toString())]).toEqual([200, edits]);
    expect(saved).toEqual([edits]);
  });

  it.each<[string, Record<string, string | undefined>, number]>([
    ['without an origin', { origin: undefined }, 403],
    ['of another origin', { origin: 'http://evil.example' }, 403],
    ['without a token', { 'x-autoregseg-token': undefined }, 403],
    ['with another token', { 'x-autoregseg-token': 'a'.repeat(32) }, 403],
    ['as a form', { 'content-type': 'text/plain' }, 415],
  ])('are not saved %s', async (_, change, status) => {
    const headers = Object.entries({ ...(await own()), ...change }).filter(([, value]) => value !== undefined);
    expect((await put(Object.fromEntries(headers) as Record<string, string>, JSON.stringify(edits))).status).toBe(
      status,
    );
    expect(saved).toEqual([]);
  });

  it.each([
    ['{', 400, 'the body must be JSON\n'],
    ['null', 400, 'names and merged clusters have faults\n'],
    [`"${'x'.repeat(70_000)}"`, 413, 'the body may have 65536 bytes at most\n'],
  ])('are refused when the body is %.20s', async (content, status, message) => {
    const answered = await put(await own(), content);
    expect([answered.status, answered.body.toString()]).toEqual([status, message]);
    expect(saved).toEqual([]);
  });
});

describe('port', () => {
  it('that is taken is told', async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveView(viewer, { port })).rejects.toThrow(
      new RegExp(`--port ${port} cannot be used: .*EADDRINUSE.* Name another, or 0 for a free one\\.`),
    );
  });
});
