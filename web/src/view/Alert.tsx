import { useI18n } from '../i18n/I18n'
import { knownCode, wayOut } from '../login/advice'
import type { LoginState } from '../login/slice'
import { clockText } from '../login/deadline'
import { useNow } from './useNow'

export const ALERT_ID = 'alert'

/** When it is worth trying again; 0 when nobody has to wait. */
export const waitUntil = (failure: LoginState['failure']): number =>
  failure?.retryAfterSeconds ? failure.at + failure.retryAfterSeconds * 1000 : 0

interface Props {
  failure: LoginState['failure']
  /** What the page itself found wrong. */
  complaint?: string | undefined
}

/** Says what went wrong. The region is always there, or a screen reader would not hear it fill; the clock is outside it. */
export function Alert({ failure, complaint }: Props) {
  const { t } = useI18n()
  const text = complaint ?? (failure ? t(`problem.${knownCode(failure.code)}`) : '')
  const left = failure?.code === 'invalid_code' ? failure.attemptsRemaining : undefined
  const isOurs = failure && wayOut(failure) === 'retry' && failure.code !== 'unreachable'
  return (
    <div
      className={
        text
          ? 'mt-4 rounded-xl border border-red-300 bg-red-50 px-4 py-3 text-sm text-red-900 dark:border-red-800 dark:bg-red-950 dark:text-red-100'
          : ''
      }
    >
      <div role="alert" id={ALERT_ID}>
        {text && (
          <p>
            <span className="font-medium">{text}</span>
            {left !== undefined && <> {t('attemptsLeft', { count: left })}</>}
          </p>
        )}
      </div>
      {failure && <Wait until={waitUntil(failure)} />}
      {isOurs && failure.requestId && (
        <p className="mt-1 text-xs break-all">{t('reference', { id: failure.requestId })}</p>
      )}
      {failure && wayOut(failure) === 'reload' && (
        <button type="button" className="link" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      )}
    </div>
  )
}

function Wait({ until }: { until: number }) {
  const { t, language } = useI18n()
  const left = until - useNow(until)
  if (!until) return null
  return (
    <p role="timer" className="mt-1 tabular-nums">
      {left > 0 ? t('tryAgainIn', { time: clockText(left, language) }) : t('tryAgainNow')}
    </p>
  )
}
