import { useI18n } from '../i18n/I18n'
import { readable, type Identifier } from '../login/identifier'

/** Where the code went, and the way back. */
export function Destination({ identifier }: { identifier: Identifier }) {
  const { t } = useI18n()
  const [before, after] = t('sentTo', { to: '\n' }).split('\n')
  return (
    <div className="mt-2 text-slate-600 dark:text-slate-300">
      <p id="destination" className="wrap-anywhere">
        {before}
        <bdi dir="ltr" className="font-semibold text-slate-900 dark:text-white">
          {readable(identifier)}
        </bdi>
        {after}
      </p>
      <button type="button" className="link" onClick={() => history.back()}>
        {t('change')}
      </button>
    </div>
  )
}
