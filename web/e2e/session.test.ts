import type { Page } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import en from '../src/i18n/en.json'
import { expectAccessible, openPage, openTab, picture } from './browser'
import { awaitCode, heading, newEmail, newPhone, said, typeCode } from './person'

const COOKIE = '__Host-otp_session'
const REFRESH = '/api/auth/token/refresh'
const LOGOUT = '/api/auth/logout'

const signOut = (page: Page) => page.getByRole('button', { name: en.signOut }).click()

async function signIn(page: Page, email = newEmail(), service = inject('service')) {
  await typeCode(page, await awaitCode(page, email, service))
  await heading(page, en.doneTitle)
  return email
}

const cookieOf = async (page: Page) => (await page.context().cookies()).find(({ name }) => name === COOKIE)

const refreshes = (calls: { path: string }[]) => calls.filter(({ path }) => path === REFRESH).length

describe('with the refresh token in a cookie', () => {
  test('a reload goes on with the session, and shows who it is', async () => {
    const { page, calls } = await openPage()
    const email = await signIn(page)
    const first = await cookieOf(page)
    expect(first).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' })
    const shown = await page.locator('dl').innerText()
    for (const round of [1, 2]) {
      await page.reload()
      await heading(page, en.doneTitle)
      expect(await page.locator('dl').innerText()).toBe(shown)
      expect(refreshes(calls)).toBe(round)
    }
    expect(shown).toContain(email)
    const next = await cookieOf(page)
    expect(next?.value).not.toBe(first?.value)
    expect(calls.at(-1)?.body).toEqual({})
  })

  test('a tab that is opened later goes on with it, and knows the user by id alone', async () => {
    const { page } = await openPage()
    const email = await signIn(page)
    const id = await page.locator('dd').last().innerText()
    const { page: later } = await openTab(page.context())
    await heading(later, en.doneTitle)
    const shown = await later.locator('dl').innerText()
    expect(shown).toContain(id)
    expect(shown).not.toContain(email)
    await expectAccessible(later, 'signed in, by id')
  })

  test('the next tokens are fetched before the first ones expire, again and again', async () => {
    const { page, calls } = await openPage()
    await page.clock.install()
    await signIn(page)
    await page.clock.runFor('58:50')
    expect(refreshes(calls)).toBe(0)
    for (const round of [1, 2, 3]) {
      const answered = page.waitForResponse((response) => response.url().endsWith(REFRESH))
      await page.clock.runFor(round === 1 ? '00:10' : '59:00')
      expect((await answered).status()).toBe(200)
      expect(refreshes(calls)).toBe(round)
      await page.waitForTimeout(100)
    }
    await heading(page, en.doneTitle)
  })

  test.each([
    ['two tabs take turns to refresh', true],
    ['without the locks of the browser, they would not', false],
  ])('%s', async (_, hasLocks) => {
    const { page } = await openPage()
    await signIn(page)
    const { page: other } = await openTab(page.context())
    await heading(other, en.doneTitle)
    if (!hasLocks) {
      await page.context().addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }))
    }
    let [underWay, most] = [0, 0]
    await page.context().route(`**${REFRESH}`, async (route) => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise((resolve) => setTimeout(resolve, 700))
      await route.continue()
      underWay -= 1
    })
    await Promise.all([page.reload(), other.reload()])
    for (const tab of [page, other]) await (hasLocks ? heading(tab, en.doneTitle) : tab.locator('h1').waitFor())
    expect(most).toBe(hasLocks ? 1 : 2)
  })

  test('signing out ends the session: its token refreshes nothing, and a reload begins anew', async () => {
    const { page, calls } = await openPage()
    await signIn(page)
    const token = (await cookieOf(page))?.value
    await signOut(page)
    await said(page, en.signedOut)
    expect(calls.at(-1)?.path).toBe(LOGOUT)
    expect(await cookieOf(page)).toBeUndefined()
    const reply = await fetch(inject('service') + REFRESH, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Cookie: `${COOKIE}=${token}`,
        Origin: new URL(inject('page')).origin,
      },
      body: '{}',
    })
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([400, 'session_ended'])
    const asked = calls.length
    await page.reload()
    await heading(page, en.title)
    expect(calls).toHaveLength(asked)
  })

  test('signing out in one tab leads the other one back to the first step', async () => {
    const { page } = await openPage()
    await signIn(page)
    const { page: other } = await openTab(page.context())
    await heading(other, en.doneTitle)
    await signOut(other)
    await said(other, en.signedOut)
    await heading(page, en.title)
    await said(page, en.sessionEnded)
    for (const width of [320, 1200]) {
      await page.setViewportSize({ width, height: width < 600 ? 640 : 720 })
      await picture(page, `6-session-ended-${width}-light`)
    }
  })

  test('a token that was copied and used ends the session, and the page says so', async () => {
    const { page } = await openPage()
    await signIn(page)
    const stolen = await cookieOf(page)
    await page.reload()
    await heading(page, en.doneTitle)
    if (stolen) await page.context().addCookies([stolen])
    await page.reload()
    await heading(page, en.title)
    await said(page, en.sessionEnded)
    await expectAccessible(page, 'session ended')
    expect(await cookieOf(page)).toBeUndefined()
    await signIn(page)
  })

  test('nobody is signed out while the service does not answer', async () => {
    const { page } = await openPage()
    await page.clock.install()
    await signIn(page)
    await page.context().setOffline(true)
    await page.clock.runFor('59:00')
    await signOut(page)
    await said(page, en.stillSignedIn)
    for (const width of [320, 1200]) {
      await page.setViewportSize({ width, height: width < 600 ? 640 : 720 })
      await picture(page, `6-still-signed-in-${width}-light`)
    }
    await page.context().setOffline(false)
    await signOut(page)
    await said(page, en.signedOut)
    expect(await cookieOf(page)).toBeUndefined()
  })

  test('a refresh that fails is tried again', async () => {
    const { page, calls } = await openPage()
    await page.clock.install()
    await signIn(page)
    await page.context().setOffline(true)
    await page.clock.runFor('59:00')
    await page.waitForTimeout(200)
    await page.context().setOffline(false)
    const answered = page.waitForResponse((response) => response.url().endsWith(REFRESH))
    await page.clock.runFor('00:30')
    expect((await answered).status()).toBe(200)
    expect(refreshes(calls)).toBe(2)
    await heading(page, en.doneTitle)
  })
})

describe('without sessions', () => {
  const open = () => openPage({}, inject('plainPage'))

  test('a service without sessions is used as before', async () => {
    const { page, calls } = await open()
    await page.clock.install()
    await signIn(page, newPhone(), inject('plain'))
    await page.clock.runFor('59:30')
    await heading(page, en.doneTitle)
    await signOut(page)
    await said(page, en.signedOut)
    expect(calls).toHaveLength(2)
  })
})
