/**
 * The client of the one-time-code service: two calls, every answer as a value, nothing thrown.
 *
 * Needs no framework. To use it elsewhere, copy this file and `openapi.ts`, which is generated from the service's
 * `openapi.yaml` (`npm run types`).
 */
import type { components } from './openapi'

type Schemas = components['schemas']

export type SendRequest = Schemas['SendRequest']
export type SendReply = Schemas['SendResponse']
/** Of the two names that the service knows for the code, this client uses one. */
export interface VerifyRequest {
  identifier: string
  otp_code: string
  type?: IdentifierType
  purpose?: Schemas['Purpose']
  challenge_id?: string
}
export type User = Schemas['User']
export type IdentifierType = Schemas['IdentifierType']
export type ProblemCode = Schemas['ProblemCode']

/** Services that hand out tokens add them to the user. */
export type VerifyReply = Schemas['VerifyResponse'] & {
  access_token?: string
  token_type?: string
  expires_in?: number
}

/** What went wrong. `unreachable` is ours: no answer came, so nobody knows whether the call was carried out. */
export interface Failure {
  code: ProblemCode | 'unreachable'
  /** The service's own sentence, in its own language. For logs and for codes that a page does not know. */
  detail?: string
  /** Names the request in the service's logs. */
  requestId?: string
  /** Guesses left at this code. */
  attemptsRemaining?: number
  /** Seconds until it is worth trying again. */
  retryAfterSeconds?: number
}

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export interface OtpClient {
  /** Sends a code; with `challenge_id`, the same code again. Repeating it with the same key causes no second message. */
  send(request: SendRequest, idempotencyKey?: string): Promise<Result<SendReply>>
  /** Judges one guess. Name the `challenge_id`, so that nobody else's guesses count against it. */
  verify(request: VerifyRequest): Promise<Result<VerifyReply>>
}

export interface Options {
  /** What stands in front of `/auth/otp/…`: `https://api.example.com/api`. */
  baseUrl: string
  /** Milliseconds after which a call counts as unreachable. */
  timeout?: number
  fetch?: typeof fetch
}

export function createOtpClient({ baseUrl, timeout = 20_000, fetch: call = fetch }: Options): OtpClient {
  const base = baseUrl.replace(/\/+$/, '')

  async function post<T>(path: string, body: object, headers: Record<string, string> = {}): Promise<Result<T>> {
    let response: Response
    let text: string
    try {
      response = await call(base + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeout),
        // The service knows nobody by a cookie.
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      })
      text = await response.text()
    } catch {
      return { ok: false, failure: { code: 'unreachable' } }
    }
    const reply = parse(text)
    if (response.ok && reply) return { ok: true, value: reply as T }
    return { ok: false, failure: failureOf(response, reply) }
  }

  return {
    send: (request, key) => post('/auth/otp/send', request, key ? { 'Idempotency-Key': key } : {}),
    verify: (request) => post('/auth/otp/verify', request),
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** A problem of the service, or the answer of something in front of it, such as a gateway's own 429. */
function failureOf(response: Response, reply: Partial<Schemas['Problem']> = {}): Failure {
  const wait = reply.retry_after_seconds ?? Number(response.headers.get('Retry-After') ?? NaN)
  const requestId = reply.instance ?? response.headers.get('X-Request-Id')
  return {
    code: reply.code ?? codeOf(response.status),
    ...(reply.detail && { detail: reply.detail }),
    ...(requestId && { requestId }),
    ...(reply.attempts_remaining !== undefined && { attemptsRemaining: reply.attempts_remaining }),
    ...(wait > 0 && { retryAfterSeconds: Math.ceil(wait) }),
  }
}

function codeOf(status: number): ProblemCode {
  if (status === 429) return 'rate_limited'
  if (status === 404) return 'not_found'
  if (status === 502 || status === 503 || status === 504) return 'unavailable'
  return status >= 400 && status < 500 ? 'invalid_request' : 'internal'
}
