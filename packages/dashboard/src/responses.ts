import type { IncomingMessage, ServerResponse } from 'node:http'

/** Nothing but what this serves, nothing written into the page, and the page in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
}

type Headers = Record<string, string | number>

export function begin(response: ServerResponse, status: number, headers: Headers): void {
  response.writeHead(status, { ...HEADERS, ...headers })
}

export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  { type, body, headers = {} }: { type: string; body: string | Buffer; headers?: Headers },
): void {
  const length = Buffer.byteLength(body)
  begin(response, status, { 'content-type': type, 'content-length': length, ...headers })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  headers: Headers = {},
): void {
  answer(request, response, status, { type: 'text/plain; charset=utf-8', body: `${body}\n`, headers })
}
