/** The languages of the page, each in its own words. */
export const LANGUAGES = {
  en: 'English',
  es: 'Español',
  fr: 'Français',
  de: 'Deutsch',
  pt: 'Português',
  it: 'Italiano',
  hi: 'हिन्दी',
  ar: 'العربية',
  'zh-Hans': '简体中文',
  ja: '日本語',
} as const

export type Language = keyof typeof LANGUAGES

export const isLanguage = (tag: unknown): tag is Language => typeof tag === 'string' && Object.hasOwn(LANGUAGES, tag)

export const directionOf = (language: Language): 'ltr' | 'rtl' => (language === 'ar' ? 'rtl' : 'ltr')

/** The first language of the reader that there is: `pt-BR` is served by `pt`, and Chinese by `zh-Hans`. */
export function negotiate(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (isLanguage(tag)) return tag
    const base = tag.split('-')[0]?.toLowerCase()
    if (isLanguage(base)) return base
    if (base === 'zh') return 'zh-Hans'
  }
  return 'en'
}
