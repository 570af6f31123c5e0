import { useI18n } from '../i18n/I18n'
import type { IdentifierType } from '../otp-client'

const KINDS = { phone: 'byPhone', email: 'byEmail' } as const

interface Props {
  kind: IdentifierType
  onChange: (kind: IdentifierType) => void
}

/** Phone or email: radio buttons in the shape of tabs, because they are a choice and not two pages. */
export function Channel({ kind, onChange }: Props) {
  const { t } = useI18n()
  return (
    <fieldset className="mt-6 mb-5 grid grid-cols-2 gap-1 rounded-xl bg-slate-100 p-1 dark:bg-slate-800">
      <legend className="sr-only">{t('channel')}</legend>
      {(['phone', 'email'] as const).map((each) => (
        <label
          key={each}
          className="grid min-h-11 cursor-pointer place-items-center rounded-lg px-2 text-center text-sm font-medium text-slate-700 has-checked:bg-white has-checked:text-slate-950 has-checked:shadow-sm has-focus-visible:outline-3 has-focus-visible:outline-indigo-600 motion-safe:transition-colors dark:text-slate-300 dark:has-checked:bg-slate-600 dark:has-checked:text-white dark:has-focus-visible:outline-indigo-400"
        >
          <input
            type="radio"
            name="channel"
            className="sr-only"
            checked={each === kind}
            onChange={() => onChange(each)}
          />
          {t(KINDS[each])}
        </label>
      ))}
    </fieldset>
  )
}
