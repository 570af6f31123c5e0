import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import fr from '../src/i18n/fr.json'
import { LANGUAGES } from '../src/i18n/languages'
import { expectAccessible, expectNoSidewaysScroll, openPage, picture } from './browser'
import { askForCode, awaitCode, codeField, newEmail, newPhone, typeCode } from './person'
import { wrongFor } from './service'

const LOOKS = [320, 1200].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })))

describe.each(LOOKS)('$width px, $scheme', ({ width, scheme }) => {
  test('every step is accessible and fits', async () => {
    const { page } = await openPage({ viewport: { width, height: width < 600 ? 640 : 720 }, colorScheme: scheme })
    const look = (step: string) => picture(page, `${step}-${width}-${scheme}`)
    await page.getByLabel('Phone number').pressSequentially('2345678901')
    await look('1-identify')
    await page.getByLabel('Phone number').fill('23')
    await page.locator('button[type=submit]').click()
    await look('2-invalid')
    const code = await awaitCode(page, newPhone())
    await codeField(page).pressSequentially(code.slice(0, 3))
    await look('3-code')
    await page.keyboard.type(wrongFor(code.slice(3)))
    await page.getByText('4 tries left').waitFor()
    await look('4-wrong-code')
    await typeCode(page, code)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await look('5-signed-in')
  })
})

test('in Arabic, everything runs from right to left, but numbers and addresses', async () => {
  const { page, calls } = await openPage({ locale: 'ar', viewport: { width: 320, height: 640 } })
  expect(await page.evaluate(() => [document.dir, document.documentElement.lang])).toEqual(['rtl', 'ar'])
  await picture(page, '1-identify-320-arabic')
  await page.getByLabel('رقم الهاتف').fill(newPhone())
  await page.getByRole('button', { name: 'إرسال الرمز' }).click()
  await codeField2(page, 'رمز لمرة واحدة').pressSequentially('123')
  expect(calls[0]?.body['locale']).toBe('ar')
  expect(await page.locator('bdi').evaluate((element) => getComputedStyle(element).direction)).toBe('ltr')
  const boxes = await page
    .locator('[dir=ltr] > [aria-hidden] > span')
    .evaluateAll((all) => all.map((box) => box.getBoundingClientRect().left))
  expect(boxes).toEqual([...boxes].sort((a, b) => a - b))
  await picture(page, '3-code-320-arabic')
})

const codeField2 = (page: Page, name: string) => page.getByLabel(name, { exact: true })

test.each(Object.keys(LANGUAGES))('in %s, both steps fit 320 px and are accessible', async (tag) => {
  const { page, console } = await openPage({ locale: tag, viewport: { width: 320, height: 640 } })
  expect(await page.evaluate(() => document.documentElement.lang)).toBe(tag)
  await expectNoSidewaysScroll(page)
  await page.locator('input[type=tel]').fill(newPhone())
  await page.locator('button[type=submit]').click()
  await page.locator('#code').waitFor()
  await expectNoSidewaysScroll(page)
  await expectAccessible(page, `code, ${tag}`)
  expect(console).toEqual([])
})

test('the language is chosen on the page, for this tab', async () => {
  const { page } = await openPage({ locale: 'tlh' })
  await page.getByLabel('Language').selectOption('de')
  await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
})

test('of two languages that are chosen quickly, the last one counts, whichever comes first', async () => {
  const { page } = await openPage({ locale: 'en' })
  let arrive = () => {}
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  await page.route('**/assets/de-*.js', async (route) => {
    await arrived
    await route.continue()
  })
  await page.getByLabel('Language').selectOption('de')
  await page.getByLabel('Language').selectOption('fr')
  await page.getByRole('heading', { name: fr.title }).waitFor()
  const loaded = page.waitForResponse('**/assets/de-*.js')
  arrive()
  await (await loaded).finished()
  await page.waitForTimeout(300)
  await page.getByRole('heading', { name: fr.title }).waitFor()
  await page.unrouteAll()
})

test('with text at 200 %, nothing is cut off', async () => {
  const { page } = await openPage({ viewport: { width: 640, height: 720 } })
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
  await expectNoSidewaysScroll(page)
  await askForCode(page, newEmail())
  await expectNoSidewaysScroll(page)
})

test('with reduced motion, nothing moves', async () => {
  const motion: BrowserContextOptions = { reducedMotion: 'reduce' }
  const { page } = await openPage(motion)
  const durations = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .map((element) => getComputedStyle(element))
      .map((style) => `${style.transitionDuration} ${style.animationName}`),
  )
  expect(new Set(durations)).toEqual(new Set(['0s none']))
})

test('a screen reader hears each step: where it is, what it is, what went wrong', async () => {
  const { page } = await openPage()
  const code = await awaitCode(page, newPhone())
  expect(await page.title()).toBe('Enter the code')
  const described = await codeField(page).evaluate((field) =>
    (field.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent),
  )
  expect(described.join(' ')).toMatch(/^We sent it to .*The code expires in/)
  await typeCode(page, wrongFor(code))
  await page.getByRole('alert').getByText('That code is not right. 4 tries left.').waitFor()
  await typeCode(page, code)
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  expect(await page.title()).toBe('You are signed in')
})
