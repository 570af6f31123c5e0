import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import en from './en.json'
import { LANGUAGES, negotiate, type Language } from './languages'
import { load, translate, type Messages } from './messages'

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()

test('there is a file for each language, and no other', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'))
  expect(files.sort()).toEqual(
    Object.keys(LANGUAGES)
      .map((tag) => `${tag}.json`)
      .sort(),
  )
})

describe.each(Object.keys(LANGUAGES) as Language[])('%s', (language) => {
  test('has every key of English, with the same placeholders', async () => {
    const messages: Record<string, unknown> = await load(language)
    expect(Object.keys(messages)).toEqual(Object.keys(en))
    for (const [key, english] of Object.entries(en)) {
      if (typeof english !== 'string') continue
      const text = messages[key]
      expect(text, key).toBeTypeOf('string')
      expect(text, key).not.toBe('')
      expect(placeholders(String(text)), key).toEqual(placeholders(english))
    }
  })

  test('has every plural form that it needs', async () => {
    const messages: Record<string, unknown> = await load(language)
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort()
    for (const key of Object.keys(en).filter((each) => typeof en[each as keyof Messages] !== 'string')) {
      expect(Object.keys(messages[key] as object).sort(), key).toEqual(needed)
    }
  })
})

test.each([
  [['pt-BR', 'en'], 'pt'],
  [['zh-CN'], 'zh-Hans'],
  [['tlh', 'ar-EG'], 'ar'],
  [['tlh'], 'en'],
  [[], 'en'],
])('%j is served by %s', (wanted, language) => expect(negotiate(wanted)).toBe(language))

test('a number chooses its form', async () => {
  expect(translate('en', en, 'attemptsLeft', { count: 1 })).toBe('1 try left.')
  expect(translate('en', en, 'attemptsLeft', { count: 4 })).toBe('4 tries left.')
  expect(translate('ar', await load('ar'), 'attemptsLeft', { count: 2 })).toBe('بقيت محاولتان.')
})
