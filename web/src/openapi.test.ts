import { readFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('openapi.ts is what openapi.yaml says (npm run types)', async () => {
  const current = astToString(await openapiTS(new URL('../../openapi.yaml', import.meta.url)))
  const committed = await readFile(new URL('openapi.ts', import.meta.url), 'utf8')
  // The command puts a notice in front.
  expect(committed.endsWith(current)).toBe(true)
}, 30_000)
