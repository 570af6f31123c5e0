import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Failure, OtpClient, Result, Tokens } from '../otp-client'
import { Session } from './session'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const claims = btoa(JSON.stringify({ sub: 'u' }))

const tokens = (number: number, expiresIn = 3600): Tokens => ({
  access_token: `header.${claims}.${number}`,
  token_type: 'Bearer',
  expires_in: expiresIn,
  refresh_token: `r${number}`,
  refresh_expires_in: 604_800,
})

const failing = (code: Failure['code'], more: Partial<Failure> = {}): Result<never> => ({
  ok: false,
  failure: { code, ...more },
})

/** Somebody who signed in, with refresh tokens in replies. */
async function signedIn(refresh: OtpClient['refresh'], expiresIn?: number) {
  const client = {
    verify: vi.fn(() => Promise.resolve({ ok: true, value: { user: { id: 'u' }, ...tokens(1, expiresIn) } })),
    refresh: vi.fn(refresh),
    logOut: vi.fn((): Promise<Result<object>> => Promise.resolve({ ok: true, value: {} })),
  }
  const listener = { goesOn: vi.fn(), hasEnded: vi.fn() }
  const session = new Session(client as unknown as OtpClient, false)
  session.tell(listener)
  await session.begin({ identifier: 'ada@example.com', otp_code: '123456' })
  return { session, client, listener }
}

const next = () => Promise.resolve({ ok: true, value: tokens(2) } as const)

test.each([
  [3600, 3540],
  [90, 45],
  [60, 30],
])('tokens for %i seconds are renewed after %i', async (expiresIn, due) => {
  const { session, client, listener } = await signedIn(next, expiresIn)
  await vi.advanceTimersByTimeAsync(due * 1000 - 1)
  expect(client.refresh).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(client.refresh).toHaveBeenCalledExactlyOnceWith('r1')
  expect(session.accessToken).toBe(tokens(2).access_token)
  expect(listener.goesOn).toHaveBeenCalledExactlyOnceWith('u')
})

test.each([
  [failing('unreachable'), 30],
  [failing('unavailable', { retryAfterSeconds: 5 }), 5],
  [failing('rate_limited', { retryAfterSeconds: 70 }), 70],
  [failing('internal'), 30],
])('%j ends nothing, and is asked again', async (answer, seconds) => {
  const { session, client, listener } = await signedIn(() => Promise.resolve(answer))
  await vi.advanceTimersByTimeAsync(3_540_000 + seconds * 1000)
  expect(client.refresh).toHaveBeenCalledTimes(2)
  expect(session.accessToken).toBe(tokens(1).access_token)
  expect(listener.hasEnded).not.toHaveBeenCalled()
})

test.each([
  'session_ended',
  'refresh_token_reused',
  'invalid_refresh_token',
  'origin_not_allowed',
  'not_found',
] as const)('%s ends the session', async (code) => {
  const { session, client, listener } = await signedIn(() => Promise.resolve(failing(code)))
  await vi.advanceTimersByTimeAsync(100_000_000)
  expect(client.refresh).toHaveBeenCalledOnce()
  expect(session.accessToken).toBeUndefined()
  expect(listener.hasEnded).toHaveBeenCalledOnce()
})

test('tokens that come after signing out are not taken', async () => {
  let answer: (result: Result<Tokens>) => void = () => undefined
  const { session, client, listener } = await signedIn(() => new Promise((resolve) => (answer = resolve)))
  await vi.advanceTimersByTimeAsync(3_540_000)
  expect((await session.end()).ok).toBe(true)
  expect(client.logOut).toHaveBeenCalledExactlyOnceWith('r1')
  answer({ ok: true, value: tokens(2) })
  await vi.advanceTimersByTimeAsync(100_000_000)
  expect(session.accessToken).toBeUndefined()
  expect(client.refresh).toHaveBeenCalledOnce()
  expect(listener.goesOn).not.toHaveBeenCalled()
})

test.each([
  ['unreachable', false],
  ['origin_not_allowed', false],
  ['session_ended', true],
  ['not_found', true],
] as const)('after %s on signing out, signed out is %j', async (code, isOut) => {
  const { session, client } = await signedIn(next)
  client.logOut.mockResolvedValue(failing(code))
  expect((await session.end()).ok).toBe(isOut)
  expect(session.accessToken === undefined).toBe(isOut)
})
