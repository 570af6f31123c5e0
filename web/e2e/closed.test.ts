import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import en from '../src/i18n/en.json'
import { openPage } from './browser'
import { askForCode, awaitCode, codeField, heading, newEmail, newPhone, said, typeCode } from './person'
import { createUser, messagesTo } from './service'

/** Where only users that an operator created may sign in; its refresh tokens are in replies. */
const open = () => openPage({}, inject('closedPage'))

const userId = (page: Page) => page.locator('dd').last().innerText()

/** What a person reads on the code step, but for names and the running clocks. */
async function codeStep(identifier: string): Promise<string> {
  const { page } = await open()
  await askForCode(page, identifier)
  await said(page, /Send it again in 0:1\d/)
  const text = await page.locator('main').innerText()
  return text.replace(/We sent it to .*\n/, '').replace(/\d+:\d\d/g, 'm:ss')
}

test.each([
  ['phone', newPhone],
  ['email', newEmail],
] as const)('a stranger by %s sees what everybody sees, and is sent nothing', async (_, newOne) => {
  const [known, stranger, guesser] = [newOne(), newOne(), newOne()]
  if (known.includes('@')) createUser(inject('closed'), known, newPhone())
  else createUser(inject('closed'), newEmail(), known)
  expect(await codeStep(stranger)).toBe(await codeStep(known))
  expect(await messagesTo(inject('closed'), known)).toHaveLength(1)

  const { page } = await open()
  await askForCode(page, guesser)
  await typeCode(page, '000000')
  await said(page, 'That code is not right. 4 tries left.')
  expect(await codeField(page).inputValue()).toBe('')
  for (const nobody of [stranger, guesser]) expect(await messagesTo(inject('closed'), nobody)).toEqual([])
})

test('a registered user signs in by phone and by email, as the same user; each refreshes, signs out and stays out', async () => {
  const [email, phone] = [newEmail(), newPhone()]
  createUser(inject('closed'), email, phone)
  const seen: string[] = []
  for (const identifier of [phone, email]) {
    const { page, calls } = await open()
    await page.clock.install()
    await typeCode(page, await awaitCode(page, identifier, inject('closed')))
    await heading(page, en.doneTitle)
    seen.push(await userId(page))
    await said(page, email)

    const answered = page.waitForResponse((response) => response.url().endsWith('/token/refresh'))
    await page.clock.runFor('59:00')
    const next = (await (await answered).json()) as { refresh_token: string }
    await page.waitForTimeout(100)
    await page.getByRole('button', { name: en.signOut }).click()
    await said(page, en.signedOut)
    expect(calls.at(-1)).toMatchObject({
      path: '/api/auth/logout',
      body: { refresh_token: next.refresh_token },
    })
    expect(calls.at(-2)?.body['refresh_token']).not.toBe(next.refresh_token)
    const again = await fetch(`${inject('closed')}/api/auth/token/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refresh_token: next.refresh_token }),
    })
    expect(((await again.json()) as { code: string }).code).toBe('session_ended')
    expect(await page.context().cookies()).toEqual([])
  }
  expect(seen[0]).toBe(seen[1])
})

test('with tokens in memory alone, a reload begins anew', async () => {
  const [email, phone] = [newEmail(), newPhone()]
  createUser(inject('closed'), email, phone)
  const { page } = await open()
  await typeCode(page, await awaitCode(page, email, inject('closed')))
  await heading(page, en.doneTitle)
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.getItem('otp-login')])).toEqual([0, null])
  await page.reload()
  await heading(page, en.title)
})

test('a token that somebody else used leads back to the first step', async () => {
  const [email, phone] = [newEmail(), newPhone()]
  createUser(inject('closed'), email, phone)
  const { page } = await open()
  await page.clock.install()
  const verified = page.waitForResponse((response) => response.url().endsWith('/verify'))
  await typeCode(page, await awaitCode(page, email, inject('closed')))
  const { refresh_token } = (await (await verified).json()) as { refresh_token: string }
  await heading(page, en.doneTitle)
  await fetch(`${inject('closed')}/api/auth/token/refresh`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token }),
  })
  await page.clock.runFor('59:00')
  await said(page, en.sessionEnded)
  await heading(page, en.title)
})
