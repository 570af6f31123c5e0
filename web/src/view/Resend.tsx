import { useI18n } from '../i18n/I18n'
import { clockText } from '../login/deadline'
import type { Challenge } from '../login/slice'
import { useNow } from './useNow'

interface Props {
  challenge: Challenge
  /** The code is dead: a resend brings a new one. */
  isOver: boolean
  isSending: boolean
  onResend: () => void
}

/** The same code again, or a new one; a button that waits as long as the service does. */
export function Resend({ challenge: { resendAt, isLast }, isOver, isSending, onResend }: Props) {
  const { t, language } = useI18n()
  const left = resendAt - useNow(resendAt)
  const isBusy = left > 0 || isSending
  const key = isOver ? 'newCode' : 'resend'
  const time = { time: clockText(left, language) }
  return (
    <div className="mt-3 text-center text-sm">
      <button
        type="button"
        aria-disabled={isBusy}
        onClick={() => isBusy || onResend()}
        className={
          isOver
            ? 'focus-ring mt-2 min-h-12 w-full cursor-pointer rounded-xl bg-indigo-700 px-4 text-base font-semibold text-white tabular-nums hover:bg-indigo-800 aria-disabled:cursor-default aria-disabled:bg-slate-600 dark:bg-indigo-600 dark:aria-disabled:bg-slate-700'
            : 'link tabular-nums aria-disabled:cursor-default aria-disabled:text-slate-600 aria-disabled:no-underline dark:aria-disabled:text-slate-300'
        }
      >
        {isSending ? t('sending') : left > 0 ? t(`${key}In`, time) : t(key)}
      </button>
      {isLast && <p className="mt-1 text-slate-600 dark:text-slate-300">{t('lastSend')}</p>}
    </div>
  )
}
