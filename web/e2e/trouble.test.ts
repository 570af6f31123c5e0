import type { Page } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import en from '../src/i18n/en.json'
import type { Failure } from '../src/otp-client'
import { expectAccessible, openPage } from './browser'
import { askForCode, awaitCode, codeField, heading, newEmail, newPhone, said, typeCode } from './person'
import { newestCode } from './service'

const sendButton = (page: Page) => page.locator('button[type=submit]')

describe('time', () => {
  test('a code expires on the page, which then offers a new one', async () => {
    const { page, calls } = await openPage()
    await page.clock.install()
    const phone = newPhone()
    const old = await awaitCode(page, phone)
    // Its clock runs on meanwhile, on a busy machine for seconds.
    await page.clock.runFor('04:45')
    await said(page, /The code expires in 0:[01]\d/)
    await page.clock.runFor(16_000)
    await said(page, 'This code has expired.')
    await expectAccessible(page, 'expired')
    expect(await codeField(page).getAttribute('readonly')).not.toBeNull()
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    await page.getByRole('button', { name: 'Send a new code', exact: true }).click()
    await said(page, 'We sent a new code.')
    expect(calls[1]?.body['challenge_id']).toBeUndefined()
    const code = await newestCode(inject('service'), phone)
    expect(code).not.toBe(old)
    await typeCode(page, code)
    await heading(page, 'You are signed in')
  })

  test('a clock that is an hour wrong changes nothing', async () => {
    const { page } = await openPage()
    await page.clock.install({ time: Date.now() + 3_600_000 })
    await askForCode(page, newPhone())
    await said(page, /The code expires in (5:00|4:5\d)/)
  })

  test("the cooldown is the service's: asked too early, the page waits as long as it says", async () => {
    const { page } = await openPage()
    await page.clock.install()
    await askForCode(page, newPhone())
    await page.clock.runFor(15_000)
    // The page's clock is ahead, and the real service still counts.
    await page.getByRole('button', { name: 'Send it again', exact: true }).click()
    await said(page, 'Too many codes were asked for.')
    await said(page, /^Try again in 0:1\d$/)
    await said(page, /^Send it again in 0:1\d$/)
    await expectAccessible(page, 'rate limited')
    await page.clock.runFor(15_000)
    await said(page, 'You can try again now.')
  })

  test('a code that somebody else asked for just now holds the form until Retry-After', async () => {
    const { page, calls } = await openPage()
    const email = newEmail()
    const body = JSON.stringify({ identifier: email })
    await fetch(`${inject('service')}/api/auth/otp/send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    })
    await page.getByLabel('Phone number').fill(email)
    await sendButton(page).click()
    await said(page, /^Try again in 0:1\d$/)
    await sendButton(page).click({ force: true })
    expect(calls).toHaveLength(1)
    await page.getByLabel('Phone number').fill(newEmail())
    await sendButton(page).click()
    await heading(page, 'Enter the code')
  })
})

describe('what is typed', () => {
  test.each(['', '12', 'nobody', '+1 234 567 8901 ext. 5'])('%j is no phone number, and is not sent', async (text) => {
    const { page, calls } = await openPage()
    await page.getByLabel('Phone number').fill(text)
    await sendButton(page).click()
    await said(page, en.phoneInvalid)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('phone')
    expect(await page.getByLabel('Phone number').getAttribute('aria-invalid')).toBe('true')
    expect(calls).toHaveLength(0)
  })

  test('what only the service knows to be wrong is said as well', async () => {
    const { page } = await openPage()
    await page.getByLabel('Phone number').fill('+11234567890')
    await sendButton(page).click()
    await said(page, en['problem.invalid_identifier'])
    await expectAccessible(page, 'invalid identifier')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('phone')
  })

  test('a premium number is not served, and email is offered instead', async () => {
    const { page } = await openPage()
    await page.getByLabel('Phone number').fill('+19002345678')
    await sendButton(page).click()
    await said(page, en['problem.destination_not_allowed'])
    await expectAccessible(page, 'destination not allowed')
    await page.getByRole('button', { name: en.useEmail }).click()
    await page.getByLabel('Email address').fill(newEmail())
    await sendButton(page).click()
    await heading(page, 'Enter the code')
  })
})

describe('no service', () => {
  test('offline: what was typed stays, and goes out again under the same key', async () => {
    const { page, calls } = await openPage()
    const phone = newPhone()
    await page.getByLabel('Phone number').fill(phone)
    await page.context().setOffline(true)
    await sendButton(page).click()
    await said(page, en['problem.unreachable'])
    await expectAccessible(page, 'offline')
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await heading(page, 'Enter the code')
    expect(calls[0]?.key).toMatch(/^[0-9a-f]{32}$/)
    expect(calls[1]?.key).toBe(calls[0]?.key)

    await page.context().setOffline(true)
    const code = await newestCode(inject('service'), phone)
    await typeCode(page, code)
    await said(page, en['problem.unreachable'])
    expect(await codeField(page).inputValue()).toBe(code)
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await heading(page, 'You are signed in')
  })

  test('503: the page waits as long as it is told, keeps what was typed, and goes on', async () => {
    const { page } = await openPage()
    await page.clock.install()
    await answer(page, 'unavailable', 503, { retry_after_seconds: 30 })
    const email = newEmail()
    await page.getByLabel('Phone number').fill(email)
    await sendButton(page).click()
    await said(page, en['problem.unavailable'])
    await said(page, /^Try again in 0:(30|29)$/)
    await expectAccessible(page, 'unavailable')
    await page.unrouteAll()
    await page.clock.runFor(30_000)
    await page.getByRole('button', { name: 'Try again' }).click()
    await heading(page, 'Enter the code')
  })
})

test('where the browser forbids storage, the page works, and a reload begins anew', async () => {
  const { page } = await openPage()
  const forbidden = await page.context().addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('Access is denied for this document.', 'SecurityError')
        },
      })
    }
  })
  await page.reload()
  const code = await awaitCode(page, newPhone())
  await page.getByLabel('Language').selectOption('de')
  await page.getByLabel('Sprache').selectOption('en')
  await typeCode(page, code)
  await heading(page, 'You are signed in')
  await page.reload()
  await heading(page, 'Sign in')
  await forbidden.dispose()
  await page.reload()
})

const CODES: [Failure['code'], number][] = [
  ['invalid_request', 400],
  ['invalid_identifier', 400],
  ['challenge_expired', 400],
  ['challenge_required', 400],
  ['destination_not_allowed', 403],
  ['not_found', 404],
  ['method_not_allowed', 405],
  ['payload_too_large', 413],
  ['unsupported_media_type', 415],
  ['idempotency_key_reused', 422],
  ['rate_limited', 429],
  ['internal', 500],
  ['delivery_failed', 502],
  ['unavailable', 503],
]

describe('every error of the contract has its sentence and lets one go on', () => {
  test.each(CODES)('%s', async (code, status) => {
    const { page } = await openPage()
    await answer(page, code, status)
    const email = newEmail()
    await page.getByLabel('Phone number').fill(email)
    await sendButton(page).click()
    await said(page, en[`problem.${code}` as keyof typeof en] as string)
    if (code === 'internal') await said(page, 'Reference: request-1')
    await page.unrouteAll()
    if (['not_found', 'method_not_allowed', 'unsupported_media_type'].includes(code)) {
      await page.getByRole('button', { name: 'Reload the page' }).click()
      expect(await page.getByLabel('Phone number').inputValue()).toBe(email)
    }
    await sendButton(page).click()
    await heading(page, 'Enter the code')
  })

  test('a code that this page does not know, and a gateway that speaks no JSON', async () => {
    const { page } = await openPage()
    await answer(page, 'brand_new', 400)
    await page.getByLabel('Phone number').fill(newEmail())
    await sendButton(page).click()
    await said(page, en['problem.internal'])
    await page.route('**/auth/otp/send', (route) => route.fulfill({ status: 504, body: 'timeout' }))
    await sendButton(page).click()
    await said(page, en['problem.unavailable'])
  })
})

/** The service's next answers are this problem. */
function answer(page: Page, code: string, status: number, more: object = {}) {
  const problem = {
    type: 'about:blank',
    title: code,
    status,
    detail: code,
    error: code,
    instance: 'request-1',
    code,
    ...more,
  }
  return page.route('**/auth/otp/send', (route) =>
    route.fulfill({
      status,
      contentType: 'application/problem+json',
      headers: { 'Access-Control-Allow-Origin': '*' },
      body: JSON.stringify(problem),
    }),
  )
}
