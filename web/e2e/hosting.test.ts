import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { openPage } from './browser'
import { awaitCode, heading, newEmail, typeCode } from './person'

const { origin, port } = new URL(inject('page'))

/** As docs/deploy.md puts the build on S3 behind CloudFront: an object has one name, and everything else is refused. */
async function asOnS3(page: Page): Promise<string[]> {
  const refused: string[] = []
  await page.route(`${origin}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname
    const object = { '/': 'index.html', '/otp-login': 'otp-login/index.html' }[path] ?? path.slice(1)
    const isThere = !object.endsWith('.html') || path === '/' || path === '/otp-login'
    const body = isThere ? await readFile(`node_modules/.e2e/${port}/${object}`).catch(() => undefined) : undefined
    if (!body) refused.push(path)
    const headers = {
      'Content-Type': object.endsWith('.html') ? 'text/html' : typeOf(object),
      'Content-Security-Policy': "frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    }
    await route.fulfill(body ? { body, headers } : { status: 403, body: 'AccessDenied' })
  })
  return refused
}

function typeOf(object: string): string {
  const types = { js: 'text/javascript', css: 'text/css', json: 'application/json' }
  return types[object.split('.').at(-1) as keyof typeof types]
}

test.each(['/', '/otp-login'])('on S3 and CloudFront, %s is the page', async (path) => {
  const { page } = await openPage()
  const refused = await asOnS3(page)
  await page.goto(origin + path)
  await heading(page, 'Sign in')
  expect(new URL(page.url()).pathname).toBe('/otp-login')
  await typeCode(page, await awaitCode(page, newEmail()))
  await heading(page, 'You are signed in')
  await page.reload()
  await heading(page, 'You are signed in')
  expect(refused).toEqual([])
  await page.unrouteAll()
  await page.goto(inject('page'))
})
