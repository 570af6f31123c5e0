import { useI18n } from '../i18n/I18n'
import { isLanguage, LANGUAGES } from '../i18n/languages'

export function LanguagePicker() {
  const { t, language, choose } = useI18n()
  return (
    <select
      aria-label={t('language')}
      value={language}
      onChange={({ target }) => isLanguage(target.value) && choose(target.value)}
      className="focus-ring field-sizing-content min-h-11 cursor-pointer rounded-lg bg-transparent px-3 text-sm text-slate-600 hover:text-slate-900 dark:text-slate-300 dark:hover:text-white [&>option]:text-slate-900"
    >
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </select>
  )
}
