/**
 * The client of the one-time-code service: send, verify, and a session's refresh and end. Every answer is a value; nothing
 * is thrown.
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
export type VerifyReply = Schemas['VerifyResponse']
/** Without `refresh_token` where that travels in a cookie. */
export type Tokens = Schemas['Tokens']
export type LogOutReply = components['responses']['LoggedOut']['content']['application/json']

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
  /** The session's next tokens. Each refresh token is good for one use: a second use ends the session. */
  refresh(refreshToken?: string): Promise<Result<Tokens>>
  /** Ends the session. Access tokens that were given out stay good until they expire. */
  logOut(refreshToken?: string): Promise<Result<LogOutReply>>
}

export interface Options {
  /** What stands in front of `/auth/otp/…`: `https://api.example.com/api`. */
  baseUrl: string
  /** Milliseconds after which a call counts as unreachable. */
  timeout?: number
  /** The service keeps refresh tokens in a cookie (its `SESSIONS=cookie`). Browsers refuse its replies if it does not. */
  hasSessionCookie?: boolean
  fetch?: typeof fetch
}

export function createOtpClient(options: Options): OtpClient {
  const { baseUrl, timeout = 20_000, hasSessionCookie = false, fetch: call = fetch } = options
  const base = baseUrl.replace(/\/+$/, '')

  async function post<T>(path: string, body: object, more: RequestInit = {}): Promise<Result<T>> {
    let response: Response
    let text: string
    try {
      response = await call(base + path, {
        method: 'POST',
        ...more,
        headers: { 'Content-Type': 'application/json', ...more.headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeout),
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

  const withCookie = { credentials: hasSessionCookie ? 'include' : 'omit' } as const
  const named = (token?: string) => (token === undefined ? {} : { refresh_token: token })

  return {
    send: (request, key) =>
      post('/auth/otp/send', request, { credentials: 'omit', ...(key && { headers: { 'Idempotency-Key': key } }) }),
    verify: (request) => post('/auth/otp/verify', request, withCookie),
    refresh: (token) => post('/auth/token/refresh', named(token), withCookie),
    logOut: (token) => post('/auth/logout', named(token), withCookie),
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
