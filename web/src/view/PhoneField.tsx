import { useMemo, type ComponentPropsWithRef } from 'react'
import { useI18n } from '../i18n/I18n'
import { callingCode, countries, typed, type CountryCode, type Draft } from '../login/identifier'

interface Props extends Omit<ComponentPropsWithRef<'input'>, 'onChange'> {
  draft: Draft
  onChange: (part: Partial<Draft>) => void
}

/** A country and a number, formatted while it is typed. */
export function PhoneField({ draft, onChange, ...rest }: Props) {
  const { t, language } = useI18n()
  const list = useMemo(() => countries(language), [language])
  return (
    <div>
      <label htmlFor="phone" className="mb-1.5 block text-sm font-medium">
        {t('phone')}
      </label>
      <div dir="ltr" className="flex gap-2">
        <div className="relative shrink-0 rounded-xl has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-indigo-600 dark:has-focus-visible:outline-indigo-400">
          <span aria-hidden className="control flex items-center gap-1.5 px-3! tabular-nums">
            {draft.country} {callingCode(draft.country)}
            <svg viewBox="0 0 12 8" className="w-2.5 text-slate-600 dark:text-slate-300">
              <path d="m1 1.5 5 5 5-5" fill="none" stroke="currentColor" strokeWidth="2" />
            </svg>
          </span>
          <select
            aria-label={t('country')}
            autoComplete="country"
            value={draft.country}
            onChange={({ target }) => onChange({ country: target.value as CountryCode })}
            className="absolute inset-0 w-full cursor-pointer text-base text-slate-900 opacity-0"
          >
            {list.map(({ code, name, callingCode }) => (
              <option key={code} value={code}>
                {`${name} (${callingCode})`}
              </option>
            ))}
          </select>
        </div>
        <input
          id="phone"
          type="tel"
          inputMode="tel"
          autoComplete="tel"
          maxLength={40}
          value={draft.phone}
          onChange={({ target }) => onChange(typed(draft.phone, target.value, draft.country))}
          className="control focus-ring min-w-0 tabular-nums aria-invalid:border-red-700 dark:aria-invalid:border-red-400"
          {...rest}
        />
      </div>
    </div>
  )
}
