import { describe, expect, inject, test } from 'vitest'
import { expectAccessible, openPage, picture } from './browser'
import { askForCode, awaitCode, codeField, heading, newEmail, newPhone, said, typeCode } from './person'
import { messagesTo, newestCode, wrongFor } from './service'

describe('signing in', () => {
  test('by phone, as the guide does it', async () => {
    const { page, calls } = await openPage()
    const phone = newPhone()
    const code = await awaitCode(page, phone)
    await said(page, /The code expires in (5:00|4:5\d)/)
    await typeCode(page, code)
    await heading(page, 'You are signed in')
    expect(await page.locator('dl').innerText()).toContain(phone.slice(-4))
    expect(calls.map(({ path }) => path)).toEqual(['/api/auth/otp/send', '/api/auth/otp/verify'])
    expect(calls[1]?.body['challenge_id']).toMatch(/^[\w-]+$/)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await said(page, 'You are signed out.')
    expect(await page.getByLabel('Phone number').inputValue()).toBe('')
  })

  test('by email', async () => {
    const { page } = await openPage()
    const email = newEmail()
    await typeCode(page, await awaitCode(page, email))
    await heading(page, 'You are signed in')
    await said(page, email)
  })

  test('by an email address that was typed among the phone numbers', async () => {
    const { page } = await openPage()
    await page.getByLabel('Phone number').fill(newEmail())
    await page.keyboard.press('Enter')
    await heading(page, 'Enter the code')
  })

  test('with the keyboard alone', async () => {
    const { page } = await openPage()
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id)
    const phone = newPhone()
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowRight')
    await said(page, 'Email address')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Country')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('phone')
    await page.keyboard.type(phone.slice(2))
    expect(await page.getByLabel('Phone number').inputValue()).toMatch(/^\(234\) 5\d\d-\d{4}$/)
    await page.keyboard.press('Enter')
    await heading(page, 'Enter the code')
    expect(await focused()).toBe('code')
    await page.keyboard.type(await newestCode(inject('service'), phone))
    await heading(page, 'You are signed in')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await heading(page, 'Sign in')
    expect(await focused()).toBe('phone')
  })

  test('with a code that is pasted with spaces', async () => {
    const { page } = await openPage()
    const code = await awaitCode(page, newPhone())
    await codeField(page).focus()
    await page.evaluate(
      (text) => {
        const box = document.createElement('textarea')
        box.value = text
        document.body.append(box)
        box.select()
        document.execCommand('copy')
        box.remove()
        document.getElementById('code')?.focus()
      },
      ` ${code.slice(0, 3)} ${code.slice(3)} `,
    )
    await page.keyboard.press('Control+V')
    await heading(page, 'You are signed in')
  })

  test('with a code that the browser takes from the text (WebOTP)', async () => {
    const { page } = await openPage()
    await page.evaluate(() => {
      Object.assign(window, { OTPCredential: class {} })
      navigator.credentials.get = () =>
        new Promise((resolve) => Object.assign(window, { receive: (code: string) => resolve({ code } as never) }))
    })
    const code = await awaitCode(page, newPhone())
    await page.evaluate((code) => (window as unknown as { receive: (code: string) => void }).receive(code), code)
    await heading(page, 'You are signed in')
  })

  test('with a longer code', async () => {
    const { page } = await openPage({ viewport: { width: 320, height: 640 } })
    await page.route(`${inject('service')}/**`, (route) =>
      route.continue({ url: route.request().url().replace(inject('service'), inject('longCodes')) }),
    )
    const code = await awaitCode(page, newPhone(), inject('longCodes'))
    expect(code).toHaveLength(10)
    await said(page, 'That was the last code for this hour.')
    await expectAccessible(page, 'ten digits')
    await typeCode(page, code)
    await heading(page, 'You are signed in')
  })

  test('with sixteen characters, which a service under attack asks for', async () => {
    const { page, calls } = await openPage({ viewport: { width: 320, height: 640 } })
    await page.route('**/auth/otp/send', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...((await response.json()) as object), code_length: 16 } })
    })
    await askForCode(page, newPhone())
    expect(await codeField(page).getAttribute('inputmode')).toBe('text')
    await typeCode(page, 'abcd-efgh ')
    await picture(page, '3-code-320-sixteen')
    await typeCode(page, '01234567')
    await said(page, 'That code is not right.')
    expect(calls.at(-1)?.body['otp_code']).toBe('ABCDEFGH01234567')
  })
})

describe('on the way', () => {
  test('back keeps what was typed, and forward finds the code that is on its way', async () => {
    const { page, calls } = await openPage()
    const email = newEmail()
    const code = await awaitCode(page, email)
    await page.goBack()
    await heading(page, 'Sign in')
    expect(await page.getByLabel('Email address').inputValue()).toBe(email)
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).type)).toBe('email')
    await page.goForward()
    await heading(page, 'Enter the code')
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('button', { name: 'Send code' }).click()
    await typeCode(page, code)
    await heading(page, 'You are signed in')
    expect(calls.filter(({ path }) => path.endsWith('send'))).toHaveLength(1)
    await page.goBack()
    await heading(page, 'You are signed in')
  })

  test('a reload keeps the challenge', async () => {
    const { page, calls } = await openPage()
    const code = await awaitCode(page, newPhone())
    await page.reload()
    await heading(page, 'Enter the code')
    await said(page, /Send it again in/)
    await typeCode(page, code)
    await heading(page, 'You are signed in')
    expect(calls).toHaveLength(2)
  })

  test('a resend brings the same code, of the same challenge, when the service allows it', async () => {
    const { page, calls } = await openPage()
    const phone = newPhone()
    const code = await awaitCode(page, phone)
    await said(page, /Send it again in 0:1\d/)
    const resend = page.getByRole('button', { name: /^Send it again/ })
    expect(await resend.getAttribute('aria-disabled')).toBe('true')
    await page.getByRole('button', { name: 'Send it again', exact: true }).click({ timeout: 20_000 })
    await said(page, 'We sent the code again.')
    const texts = await messagesTo(inject('service'), phone)
    expect(texts).toHaveLength(2)
    expect(texts[1]?.text).toContain(code)
    expect(calls[1]?.body['challenge_id']).toBeTruthy()
    expect(calls[1]?.key).not.toBe(calls[0]?.key)
    await typeCode(page, code)
    await heading(page, 'You are signed in')
  })

  test('a wrong code is said, counted and typed again', async () => {
    const { page } = await openPage()
    const code = await awaitCode(page, newPhone())
    await typeCode(page, wrongFor(code))
    await said(page, '4 tries left.')
    expect(await codeField(page).inputValue()).toBe('')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('code')
    await expectAccessible(page, 'wrong code')
    await typeCode(page, code)
    await heading(page, 'You are signed in')
  })

  test('five wrong codes end the challenge, and a new one begins', async () => {
    const { page, calls } = await openPage()
    const phone = newPhone()
    const code = await awaitCode(page, phone)
    for (const left of [4, 3, 2, 1]) {
      await typeCode(page, wrongFor(code))
      await said(page, new RegExp(`\\b${left} (try|tries) left`))
    }
    await typeCode(page, wrongFor(code))
    await said(page, 'Too many wrong codes.')
    await expectAccessible(page, 'attempts exhausted')
    await page.getByRole('button', { name: 'Send a new code', exact: true }).click({ timeout: 20_000 })
    await said(page, 'We sent a new code.')
    expect(calls.at(-1)?.body['challenge_id']).toBeUndefined()
    await typeCode(page, await newestCode(inject('service'), phone))
    await heading(page, 'You are signed in')
  })

  test('an incomplete code is not sent', async () => {
    const { page, calls } = await openPage()
    await askForCode(page, newPhone())
    await typeCode(page, '12')
    await page.keyboard.press('Enter')
    await said(page, 'Enter the whole code: 6 characters.')
    expect(calls).toHaveLength(1)
  })
})
