import { beforeAll, expect, test } from 'vitest'
import phoneMetadata from 'libphonenumber-js/min/metadata'
import { loadPhoneMetadata } from './phone-metadata'
import { initialState, type Challenge, type LoginState } from './slice'
import { restore, save, userBefore } from './tab-storage'

beforeAll(() => loadPhoneMetadata(() => Promise.resolve(phoneMetadata)))

const challenge: Challenge = {
  id: 'c',
  identifier: { type: 'phone', value: '+12345678901' },
  codeLength: 6,
  expiresAt: 2,
  resendAt: 1,
  isLast: false,
  isDead: false,
}
const fresh = initialState('US')
const waiting: LoginState = { ...fresh, step: 'code', challenge, draft: { ...fresh.draft, phone: '+1 234' } }

function storage(content?: string): Storage {
  const kept = new Map(content === undefined ? [] : [['otp-login', content]])
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage
}

test('a reload finds the step, the challenge and what was typed', () => {
  const place = storage()
  save(waiting, place)
  expect(restore(fresh, place)).toEqual(waiting)
})

test('whoever is signed in leaves nothing behind', () => {
  const place = storage()
  save(waiting, place)
  save({ ...waiting, step: 'done', challenge: null, session: { user: { id: 'u' }, isKept: false } }, place)
  expect(place.getItem('otp-login')).toBeNull()
})

test('where a reload goes on with the session, it finds who it was, and nothing else', () => {
  const place = storage()
  const user = { id: 'u', email: 'ada@example.com' }
  save({ ...waiting, step: 'done', challenge: null, session: { user, isKept: true } }, place)
  expect(place.getItem('otp-login')).toBe(JSON.stringify({ user }))
  expect(userBefore(place)).toEqual(user)
  expect(restore(fresh, place)).toEqual(fresh)
  save(fresh, place)
  expect(userBefore(place)).toBeNull()
})

test.each([
  undefined,
  '',
  'null',
  '[]',
  '{"step":"code"}',
  '{"step":"code","challenge":{"id":1}}',
  '{"draft":{"country":"XX"}}',
])('what cannot be read is forgotten: %j', (content) => expect(restore(fresh, storage(content))).toEqual(fresh))
