import { expect, inject, test } from 'vitest'
import { openPage } from './browser'
import { awaitCode, heading, newEmail, typeCode } from './person'

test('on S3 and CloudFront, the root leads to the page, and a reload finds it again', async () => {
  const { page } = await openPage({}, inject('objectsPage'))
  const refused: string[] = []
  page.on('response', (response) => response.status() === 403 && refused.push(response.url()))
  await page.goto(new URL('/', page.url()).href)
  await heading(page, 'Sign in')
  expect(new URL(page.url()).pathname).toBe('/otp-login')
  await typeCode(page, await awaitCode(page, newEmail()))
  await heading(page, 'You are signed in')
  await page.reload()
  await heading(page, 'You are signed in')
  expect(refused).toEqual([])
})
