import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import en from '../src/i18n/en.json'
import { openPage } from './browser'
import { askForCode, awaitCode, codeField, heading, newEmail, newPhone, said, typeCode } from './person'
import { createUser, messagesTo } from './service'

/** Where only users that an operator created may sign in; its refresh tokens are in replies. */
const open = () => openPage({}, inject('closedPage'))

const userId = (page: Page) => page.locator('dd').last().innerText()

test.each([newPhone, newEmail])('a stranger sees what everybody sees, and is sent nothing', async (newOne) => {
  const { page } = await open()
  const stranger = newOne()
  await askForCode(page, stranger)
  await said(page, /The code expires in (5:00|4:5\d)/)
  await said(page, /Send it again in 0:1\d/)
  await typeCode(page, '000000')
  await said(page, 'That code is not right. 4 tries left.')
  expect(await codeField(page).inputValue()).toBe('')
  expect(await messagesTo(inject('closed'), stranger)).toEqual([])
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
      body: next.refresh_token && { refresh_token: next.refresh_token },
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
