import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import en from '../i18n/en.json'
import { ELSEWHERE, knownCode, wayOut } from './advice'

test('every error of openapi.yaml has a sentence and a way out', () => {
  const contract = readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8')
  const listed = /ProblemCode:\s+type: string\s+enum:\s+((?:- \w+\s+)+)/.exec(`${contract}\n`)?.[1] ?? ''
  const codes = [...listed.matchAll(/- (\w+)/g)].map(([, code]) => code ?? '')
  expect(codes.length).toBeGreaterThan(14)
  const shown = codes.filter((code) => !ELSEWHERE.some((other) => other === code))
  expect(shown).toHaveLength(codes.length - ELSEWHERE.length)
  for (const code of shown) {
    expect(en, code).toHaveProperty([`problem.${code}`])
    expect(knownCode(code)).toBe(code)
  }
})

test('a code from the future is treated as the fault of the service', () => {
  expect(knownCode('brand_new')).toBe('internal')
  expect(knownCode('toString')).toBe('internal')
  expect(wayOut({ code: 'brand_new' })).toBe('retry')
})
