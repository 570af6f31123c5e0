import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useI18n } from '../i18n/I18n'
import { wayOut } from '../login/advice'
import { useSendMutation } from '../login/api'
import { identifierOf, type Draft } from '../login/identifier'
import { drafted, stepped, type Challenge } from '../login/slice'
import { useAppDispatch, useLogin } from '../store'
import { Alert, ALERT_ID, waitUntil } from './Alert'
import { SubmitButton } from './Button'
import { Channel } from './Channel'
import { PhoneField } from './PhoneField'
import { useNow } from './useNow'

export function IdentifyStep() {
  const { t, language } = useI18n()
  const { draft, failure, challenge, hasMoved } = useLogin()
  const dispatch = useAppDispatch()
  const [send, { isLoading }] = useSendMutation()
  const [isRefused, setRefused] = useState(false)
  const field = useRef<HTMLInputElement>(null)

  const until = waitUntil(failure)
  const mustWait = useNow(until) < until
  const isAtFault = isRefused || (failure !== null && wayOut(failure) === 'edit')

  useEffect(() => {
    if (hasMoved) field.current?.focus()
  }, [hasMoved])
  useEffect(() => {
    if (isAtFault) field.current?.focus()
  }, [isAtFault])

  function change(part: Partial<Draft>) {
    setRefused(false)
    dispatch(drafted(part))
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    if (isLoading || mustWait) return
    const identifier = identifierOf(draft)
    setRefused(!identifier)
    if (!identifier) return field.current?.focus()
    if (isAwaited(challenge, identifier.value)) return void dispatch(stepped('code'))
    void send({ identifier: identifier.value, type: identifier.type, locale: language })
  }

  function takeOtherChannel() {
    change({ kind: draft.kind === 'phone' ? 'email' : 'phone' })
    requestAnimationFrame(() => field.current?.focus())
  }

  const describedBy = { 'aria-invalid': isAtFault, 'aria-describedby': ALERT_ID }
  return (
    <form onSubmit={submit} noValidate>
      <h1 className="text-2xl font-bold tracking-tight">{t('title')}</h1>
      <p className="mt-2 text-pretty text-slate-600 dark:text-slate-300">{t('intro')}</p>
      <Channel kind={draft.kind} onChange={(kind) => change({ kind })} />
      {draft.kind === 'phone' ? (
        <PhoneField ref={field} draft={draft} onChange={change} {...describedBy} />
      ) : (
        <label className="block">
          <span className="mb-1.5 block text-sm font-medium">{t('email')}</span>
          <input
            ref={field}
            type="email"
            dir="ltr"
            autoComplete="email"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={254}
            value={draft.email}
            onChange={({ target }) => change({ email: target.value })}
            className="control focus-ring rtl:text-end aria-invalid:border-red-700 dark:aria-invalid:border-red-400"
            {...describedBy}
          />
        </label>
      )}
      <Alert failure={failure} complaint={isRefused ? t(`${draft.kind}Invalid`) : undefined} />
      {failure && wayOut(failure) === 'other' && (
        <button type="button" className="link mt-2" onClick={takeOtherChannel}>
          {t(draft.kind === 'phone' ? 'useEmail' : 'usePhone')}
        </button>
      )}
      <div className="mt-6">
        <SubmitButton isBusy={isLoading || mustWait}>
          {t(isLoading ? 'sending' : failure && wayOut(failure) === 'retry' ? 'tryAgain' : 'send')}
        </SubmitButton>
      </div>
    </form>
  )
}

/** A code for this identifier is on its way already: no need for another message. */
function isAwaited(challenge: Challenge | null, identifier: string): boolean {
  return (
    challenge !== null &&
    challenge.identifier.value === identifier &&
    !challenge.isDead &&
    Date.now() < challenge.expiresAt
  )
}
