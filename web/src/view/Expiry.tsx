import { useI18n } from '../i18n/I18n'
import { clockText } from '../login/deadline'
import { useNow } from './useNow'

/** Counts down silently, and says once that the code has expired. */
export function Expiry({ expiresAt, isDead }: { expiresAt: number; isDead: boolean }) {
  const { t, language } = useI18n()
  const left = expiresAt - useNow(expiresAt)
  return (
    <div className="mt-3 text-sm text-slate-600 dark:text-slate-300">
      <p id="expiry" role="timer" className="tabular-nums">
        {left > 0 && !isDead && t('expiresIn', { time: clockText(left, language) })}
      </p>
      <p role="status" className="font-medium text-slate-900 dark:text-white">
        {left <= 0 && !isDead && t('expired')}
      </p>
    </div>
  )
}
