/**
 * The server of `autoregseg view`: on loopback only, for the page that it serves itself and for nobody else.
 *
 * - A request whose Host is not this server's is refused: a foreign name that resolves to 127.0.0.1 stays outside.
 * - What changes the run needs the page's own Origin and a token that only the page holds.
 * - No path of a request is a path of the disk: there are a few routes, and numbers in them.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAsset } from '../assets.js';
import { UserError } from '../errors.js';
import type { RunViewer } from './run-viewer.js';

export interface ViewServer {
  readonly url: string;
  close(): Promise<void>;
}

type Viewer = Pick<RunViewer, 'describe' | 'photo' | 'mask' | 'edit' | 'report'>;

interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Bytes of a request's body at most: names of 255 clusters take less. */
const MAX_BODY = 64 * 1024;

const HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** The report brings a policy of its own; this one is of the page. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * @param port - 0 takes a free one
 * @throws UserError when the port is taken
 */
export async function serveView(viewer: Viewer, { port = 0 }: { readonly port?: number } = {}): Promise<ViewServer> {
  const token = randomBytes(24).toString('base64url');
  const hosts = new Set<string>();
  const server = createServer((request, response) => {
    void answer(request, viewer, { hosts, token }).then(
      (result) => send(response, request, result),
      (error: Error) => send(response, request, failure(error)),
    );
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UserError(
      `--port ${port} cannot be used: ${(error as Error).message}. Name another, or 0 for a free one.`,
    );
  }
  const bound = (server.address() as AddressInfo).port;
  for (const name of ['127.0.0.1', 'localhost']) hosts.add(`${name}:${bound}`);
  return {
    url: `http://127.0.0.1:${bound}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Guard {
  readonly hosts: ReadonlySet<string>;
  readonly token: string;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function answer(request: IncomingMessage, viewer: Viewer, guard: Guard): Promise<Answer> {
  const { host = '', origin } = request.headers;
  if (!guard.hosts.has(host)) throw new Refusal(421, 'this server answers under its own address only');
  if (origin !== undefined && origin !== `http://${host}`) throw new Refusal(403, 'another origin may not ask here');
  const { pathname } = new URL(request.url ?? '/', 'http://local');
  if (request.method === 'PUT' && pathname === '/clusters') return saveEdits(request, viewer, guard);
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new Refusal(405, 'only GET, and PUT of /clusters');
  return read(pathname, viewer, guard);
}

async function read(pathname: string, viewer: Viewer, { token }: Guard): Promise<Answer> {
  switch (pathname) {
    case '/':
      return { type: 'text/html', body: readAsset('view/page.html').replace('{{token}}', token) };
    case '/view.js':
      return { type: 'text/javascript', body: readAsset('view/view.js') };
    case '/view.css':
      return { type: 'text/css', body: readAsset('view/view.css') };
    case '/run':
      return { type: 'application/json', body: JSON.stringify(viewer.describe()) };
    case '/report':
      return { type: 'text/html', body: readFileSync(await viewer.report()) };
  }
  const [, index] = /^\/photo\/(\d{1,9})$/.exec(pathname) ?? [];
  if (index !== undefined) return { type: 'image/webp', body: await viewer.photo(Number(index)) };
  const [, step, masked] = /^\/mask\/(\d{1,9})\/(\d{1,9})$/.exec(pathname) ?? [];
  if (masked !== undefined) return { type: 'image/png', body: await viewer.mask(Number(step), Number(masked)) };
  throw new Refusal(404, 'there is no such page');
}

async function saveEdits(request: IncomingMessage, viewer: Viewer, { token }: Guard): Promise<Answer> {
  const { origin, 'x-autoregseg-token': given, 'content-type': type } = request.headers;
  if (origin === undefined || !sameToken(given, token))
    throw new Refusal(403, 'only the page of this server may change a run');
  if (type !== 'application/json') throw new Refusal(415, 'the body must be application/json');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Refusal(413, `the body may have ${MAX_BODY} bytes at most`);
    chunks.push(chunk);
  }
  let edits: unknown;
  try {
    edits = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'the body must be JSON');
  }
  return { type: 'application/json', body: JSON.stringify(viewer.edit(edits)) };
}

function sameToken(given: string | string[] | undefined, token: string): boolean {
  return (
    typeof given === 'string' &&
    given.length === token.length &&
    timingSafeEqual(Buffer.from(given), Buffer.from(token))
  );
}

function failure(error: Error): Answer {
  const status =
    error instanceof Refusal
      ? error.status
      : error instanceof UserError
        ? 400
        : error instanceof RangeError
          ? 404
          : 500;
  return { status, type: 'text/plain', body: `${error.message}\n` };
}

function send(response: ServerResponse, request: IncomingMessage, { status = 200, type, body }: Answer): void {
  const charset = type.startsWith('image/') ? '' : '; charset=utf-8';
  // The report's own policy stands in its page, and allows its inline script by hash.
  const policy = request.url === '/report' ? {} : { 'Content-Security-Policy': PAGE_POLICY };
  response.writeHead(status, { ...HEADERS, ...policy, 'Content-Type': `${type}${charset}` });
  response.end(request.method === 'HEAD' ? undefined : body);
}
