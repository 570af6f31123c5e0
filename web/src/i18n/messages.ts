import type en from './en.json'
import type { Language } from './languages'

/** Every language has the keys of `en.json`; a test holds them to it. */
export type Messages = typeof en
export type Key = keyof Messages

type Plural = Partial<Record<Intl.LDMLPluralRule, string>>
export type Values = Record<string, string | number>

/** Each language is its own small download. */
const files = import.meta.glob<Messages>(['./*.json'], { import: 'default' })

export function load(language: Language): Promise<Messages> {
  const file = files[`./${language}.json`]
  return file ? file() : Promise.reject(new Error(`no messages in ${language}`))
}

/** The sentence for `key`, with `{placeholders}` filled in; `count` chooses the plural form. */
export function translate(language: Language, messages: Messages, key: Key, values: Values = {}): string {
  const entry: string | Plural = messages[key]
  const text = typeof entry === 'string' ? entry : pluralForm(language, entry, Number(values['count']))
  return text.replace(/\{(\w+)\}/g, (_, name: string) => shown(language, values[name] ?? ''))
}

function pluralForm(language: Language, forms: Plural, count: number): string {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? ''
}

function shown(language: Language, value: string | number): string {
  return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value
}
