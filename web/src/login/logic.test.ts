import { beforeAll, describe, expect, test } from 'vitest'
import phoneMetadata from 'libphonenumber-js/min/metadata'
import type { SendReply } from '../otp-client'
import { readCode } from './code'
import { clockText, expiryOf, nextTick } from './deadline'
import { IdempotencyKeys } from './idempotency'
import { countries, identifierOf, likelyCountry, readable, typed, type Draft } from './identifier'
import { loadPhoneMetadata } from './phone-metadata'

beforeAll(() => loadPhoneMetadata(() => Promise.resolve(phoneMetadata)))

describe('a code', () => {
  test.each([
    ['123 456', 6, '123456'],
    ['123-456', 6, '123456'],
    ['１２３４５６', 6, '123456'],
    ['١٢٣٤٥٦', 6, '123456'],
    ['१२३४५६', 6, '123456'],
    ['your code: 123456.', 6, '123456'],
    ['1234567', 6, '123456'],
    ['abcd efgh 0123 4567', 16, 'ABCDEFGH01234567'],
  ])('%j of length %i is %s', (text, length, code) => expect(readCode(text, length)).toBe(code))
})

describe('deadlines', () => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  const reply = (expires_at: string, expires_in_minutes: number) => ({ expires_at, expires_in_minutes }) as SendReply

  test('are exact where the clocks agree', () => {
    expect(expiryOf(reply('2026-11-23T12:04:58Z', 5), now)).toBe(now + 298_000)
    expect(expiryOf(reply('2026-11-23T12:03:20Z', 4), now)).toBe(now + 200_000)
  })
  test('are relative where they do not', () => {
    expect(expiryOf(reply('2026-11-23T13:05:00Z', 5), now)).toBe(now + 300_000)
    expect(expiryOf(reply('2026-11-23T11:05:00Z', 5), now)).toBe(now + 300_000)
    expect(expiryOf(reply('nonsense', 5), now)).toBe(now + 300_000)
  })
  test.each([
    [0, '0:00'],
    [-5, '0:00'],
    [1, '0:01'],
    [61_000, '1:01'],
    [3_729_000, '1:02:09'],
  ])('%i ms are %s', (left, text) => expect(clockText(left, 'en')).toBe(text))
})

describe('the next tick of a clock that was told at 0', () => {
  test.each([
    ['is at the next whole second', 2500, 0, 500],
    ['is a second later at a whole one', 2000, 0, 1000],
    ['is the end itself', 300, 100, 200],
    ['is now, if the end has passed since it was told', 300, 300, 0],
    ['is now, however long ago it passed', 300, 9000, 0],
    ['is none once the end was told', 0, 0, undefined],
  ])('%s', (_, until, now, wait) => expect(nextTick(0, until, now)).toBe(wait))
})

describe('an identifier', () => {
  const draft = (part: Partial<Draft>): Draft => ({ kind: 'phone', phone: '', email: '', country: 'US', ...part })

  test.each([
    [draft({ phone: '+12345678901' }), 'phone', '+12345678901'],
    [draft({ phone: '(234) 567-8901' }), 'phone', '+12345678901'],
    [draft({ phone: '01512 3456789', country: 'DE' }), 'phone', '+4915123456789'],
    [draft({ phone: ' ada@example.com ' }), 'email', 'ada@example.com'],
    [draft({ kind: 'email', email: 'ada@example.com' }), 'email', 'ada@example.com'],
  ])('%j', (from, type, value) => expect(identifierOf(from)).toEqual({ type, value }))

  test.each([
    draft({}),
    draft({ phone: '12' }),
    draft({ phone: 'call +12345678901' }),
    draft({ phone: '+12345678901 ext. 5' }),
    draft({ kind: 'email', email: 'ada' }),
    draft({ kind: 'email', email: 'ada@example' }),
    draft({ kind: 'email', email: 'a b@example.com' }),
  ])('%j is none', (from) => expect(identifierOf(from)).toBeUndefined())

  test('is formatted for people', () => {
    expect(readable({ type: 'phone', value: '+12345678901' })).toBe('+1 234 567 8901')
    expect(readable({ type: 'email', value: 'ada@example.com' })).toBe('ada@example.com')
  })

  test('is formatted while it grows, and left alone while it is edited', () => {
    expect(typed('(234) 567-890', '(234) 567-8901', 'US').phone).toBe('(234) 567-8901')
    expect(typed('(234) 567', '(234)567', 'US').phone).toBe('(234)567')
    expect(typed('(234) ', '(234)', 'US').phone).toBe('(234)')
    expect(typed('ad', 'ada', 'US').phone).toBe('ada')
  })

  test('chooses its country when it starts with +', () => {
    expect(typed('', '+4915123456789', 'US')).toEqual({ phone: '+49 1512 3456789', country: 'DE' })
    expect(typed('', '015123456789', 'DE').country).toBe('DE')
  })
})

test('countries are named and sorted in the language of the page', () => {
  const german = countries('de')
  expect(german.length).toBeGreaterThan(240)
  expect(german.find(({ code }) => code === 'DE')).toEqual({ code: 'DE', name: 'Deutschland', callingCode: '+49' })
  expect(german[0]?.name).toBe('Afghanistan')
})

test.each([
  [['de-AT', 'en'], 'AT'],
  [['de'], 'DE'],
  [['pt-BR'], 'BR'],
  [[], 'US'],
])('%j probably dials in %s', (languages, country) => expect(likelyCountry(languages)).toBe(country))

describe('an idempotency key', () => {
  test('stays while no answer came to the same request, and is new otherwise', () => {
    const keys = new IdempotencyKeys()
    const first = keys.keyFor({ identifier: 'a' })
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(keys.keyFor({ identifier: 'a' })).toBe(first)
    expect(keys.keyFor({ identifier: 'b' })).not.toBe(first)
    const third = keys.keyFor({ identifier: 'b' })
    keys.answered()
    expect(keys.keyFor({ identifier: 'b' })).not.toBe(third)
  })
})
