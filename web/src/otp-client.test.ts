import { describe, expect, test } from 'vitest'
import { createOtpClient } from './otp-client'

const asked: { url: string; init: RequestInit }[] = []

function answering(status: number, body: string, headers: Record<string, string> = {}, hasSessionCookie = false) {
  asked.length = 0
  const fetch = (url: unknown, init?: RequestInit) => {
    asked.push({ url: String(url), init: init ?? {} })
    return Promise.resolve(new Response(body, { status, headers }))
  }
  return createOtpClient({ baseUrl: 'https://api.example.com/api/', hasSessionCookie, fetch })
}

describe('the client', () => {
  test('calls the paths of the contract, without cookies, with the key when there is one', async () => {
    const client = answering(200, '{"challenge_id":"c"}')
    expect(await client.send({ identifier: 'ada@example.com' }, 'key')).toEqual({
      ok: true,
      value: { challenge_id: 'c' },
    })
    await client.verify({ identifier: 'ada@example.com', otp_code: '123456', challenge_id: 'c' })
    expect(asked.map(({ url }) => url)).toEqual([
      'https://api.example.com/api/auth/otp/send',
      'https://api.example.com/api/auth/otp/verify',
    ])
    expect(asked[0]?.init).toMatchObject({ method: 'POST', credentials: 'omit', headers: { 'Idempotency-Key': 'key' } })
    expect(asked[1]?.init.headers).not.toHaveProperty('Idempotency-Key')
  })

  test.each([
    [false, 'omit'],
    [true, 'include'],
  ])('sends cookies only where they carry the session: %j', async (hasSessionCookie, credentials) => {
    const client = answering(200, '{}', {}, hasSessionCookie)
    await client.send({ identifier: 'ada@example.com' })
    await client.verify({ identifier: 'ada@example.com', otp_code: '123456' })
    await client.refresh()
    await client.logOut('token')
    expect(asked.map(({ init }) => init.credentials)).toEqual(['omit', credentials, credentials, credentials])
    expect(asked.map(({ url }) => url.slice(27))).toEqual([
      '/auth/otp/send',
      '/auth/otp/verify',
      '/auth/token/refresh',
      '/auth/logout',
    ])
    expect(asked.slice(2).map(({ init }) => init.body)).toEqual(['{}', '{"refresh_token":"token"}'])
  })

  test('reads a problem', async () => {
    const problem = { code: 'invalid_code', detail: 'Wrong.', instance: 'r1', attempts_remaining: 0, status: 400 }
    expect(await answering(400, JSON.stringify(problem)).verify({ identifier: 'a', otp_code: '1' })).toEqual({
      ok: false,
      failure: { code: 'invalid_code', detail: 'Wrong.', requestId: 'r1', attemptsRemaining: 0 },
    })
  })

  test.each([
    [429, 'rate_limited'],
    [404, 'not_found'],
    [502, 'unavailable'],
    [504, 'unavailable'],
    [418, 'invalid_request'],
    [500, 'internal'],
    [200, 'internal'],
  ])('a %i that is not the service’s is %s', async (status, code) => {
    const reply = await answering(status, '<html>', { 'Retry-After': '7' }).send({ identifier: 'a' })
    expect(reply).toEqual({ ok: false, failure: { code, retryAfterSeconds: 7 } })
  })

  test('no answer is a value too', async () => {
    const client = createOtpClient({ baseUrl: '', fetch: () => Promise.reject(new TypeError('offline')) })
    expect(await client.send({ identifier: 'a' })).toEqual({ ok: false, failure: { code: 'unreachable' } })
  })

  test('an answer that takes too long is none', async () => {
    const never: typeof fetch = (_, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('late'))))
    const client = createOtpClient({ baseUrl: '', fetch: never, timeout: 10 })
    expect(await client.send({ identifier: 'a' })).toEqual({ ok: false, failure: { code: 'unreachable' } })
  })
})
