import { gzipSync } from 'node:zlib'
import { expect, inject, test } from 'vitest'
import { openPage } from './browser'

const LIMIT = 120_000

/** Kilobytes after gzip, of all that the page loads, in the heaviest language. */
test('the page loads less than 120 kB of script', async () => {
  const heaviest = await Promise.all(['en', 'ar', 'hi', 'ja'].map(weigh)).then(
    (all) => all.sort((a, b) => b.js - a.js)[0],
  )
  const shown = Object.entries(heaviest ?? {}).map(([kind, bytes]) => `${kind} ${(bytes / 1000).toFixed(1)} kB`)
  console.log(`weight, gzip: ${shown.join(', ')}; limit for js: ${LIMIT / 1000} kB`)
  expect(heaviest?.js).toBeGreaterThan(50_000)
  expect(heaviest?.js).toBeLessThan(LIMIT)
})

async function weigh(locale: string): Promise<Record<'js' | 'css' | 'json' | 'html', number>> {
  const sizes = { js: 0, css: 0, json: 0, html: 0 }
  const { page } = await openPage({ locale })
  const files = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  for (const url of new Set([inject('page'), ...files])) {
    const kind = /\.(js|css|json)$/.exec(url)?.[1] ?? 'html'
    if (!url.startsWith('http')) continue
    const body = await (await fetch(url)).arrayBuffer()
    sizes[kind as keyof typeof sizes] += gzipSync(new Uint8Array(body)).length
  }
  return sizes
}
