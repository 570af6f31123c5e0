import { mkdir } from 'node:fs/promises'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import axe from 'axe-core'
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest'

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** `npm run pictures` puts them into `docs/web`. */
const PICTURES = process.env['PICTURES'] ?? `${import.meta.dirname}/../.pictures`

let browser: Browser

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    chromiumSandbox: process.getuid?.() !== 0,
    args: FLAGS,
  })
})
afterAll(() => browser.close())

interface Watched {
  page: Page
  at: string
  console: string[]
  addresses: string[]
  calls: { path: string; body: Record<string, unknown>; key: string | undefined }[]
}

const open: Watched[] = []

/** The login page in a browser of its own, which writes down all that the page says, visits and calls. */
export async function openPage(options: BrowserContextOptions = {}, at = inject('page')): Promise<Watched> {
  const context = await browser.newContext({ locale: 'en-US', ...options })
  return openTab(context, at)
}

/** Another tab of the same browser. */
export async function openTab(context: BrowserContext, at = inject('page')): Promise<Watched> {
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const watched: Watched = { page, at, console: [], addresses: [], calls: [] }
  page.on('console', (message) => watched.console.push(message.text()))
  page.on('pageerror', (error) => watched.console.push(String(error)))
  page.on('framenavigated', (frame) => watched.addresses.push(frame.url()))
  page.on('request', (request) => {
    watched.addresses.push(request.url())
    if (request.method() !== 'POST') return
    const body = request.postDataJSON() as Record<string, unknown>
    watched.calls.push({ path: new URL(request.url()).pathname, body, key: request.headers()['idempotency-key'] })
  })
  open.push(watched)
  await page.goto(at)
  await page.locator('h1').waitFor()
  return watched
}

/** After every test: what was typed, and what was given for it, is in no address, no lasting storage and no console. */
afterEach(async () => {
  for (const watched of open.splice(0)) {
    await expectNoTrace(watched)
    await watched.page.close()
    if (watched.page.context().pages().length === 0) await watched.page.context().close()
  }
})

async function expectNoTrace({ page, at, console, addresses, calls }: Watched): Promise<void> {
  const typed = new Set(
    calls.flatMap(({ body }) => [body['identifier'], body['otp_code']]).filter((each) => typeof each === 'string'),
  )
  const kept = await page.evaluate(async () => ({
    local: JSON.stringify(localStorage),
    tab: JSON.stringify(sessionStorage),
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    address: location.href,
  }))
  expect(['{}', '{"otp-login-session":""}']).toContain(kept.local)
  for (const place of [kept.tab, ...console, ...addresses]) expect(place).not.toMatch(/eyJ|_token/)
  expect(kept).toMatchObject({ cookies: '', databases: 0, caches: 0, address: at })
  for (const secret of typed) {
    for (const place of [...console, ...addresses]) expect(place).not.toContain(secret)
  }
  for (const { body } of calls) {
    if (typeof body['otp_code'] === 'string') expect(kept.tab).not.toContain(`"${body['otp_code']}"`)
  }
  // The browser itself reports a failed request; the page says nothing.
  expect(console.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([])
}

let checks = 0

/** axe finds nothing, by every rule of WCAG 2.2 AA and its best practices. */
export async function expectAccessible(page: Page, step: string): Promise<void> {
  // The page's own policy forbids scripts from elsewhere; a debugger may.
  await page.evaluate(axe.source)
  const { violations, passes } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  )
  checks += 1
  console.log(`axe ${checks}: ${step}: ${passes.length} rules passed, ${violations.length} violated`)
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(', ')}`)).toEqual([])
}

/** Nothing is wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const)
  expect(content).toBeLessThanOrEqual(view)
}

/** A step as people see it: it fits, it is accessible, and it is kept to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  await expectNoSidewaysScroll(page)
  await expectAccessible(page, name)
  await mkdir(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled' })
}
