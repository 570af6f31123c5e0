import { useCallback, useEffect, useRef, useState, type FormEvent } from 'react'
import { useI18n } from '../i18n/I18n'
import { wayOut } from '../login/advice'
import { useSendMutation, useVerifyMutation } from '../login/api'
import { hasLetters, readCode } from '../login/code'
import { codeTyped, type Challenge } from '../login/slice'
import { useAppDispatch, useLogin } from '../store'
import { Alert, ALERT_ID } from './Alert'
import { SubmitButton } from './Button'
import { CodeInput } from './CodeInput'
import { Destination } from './Destination'
import { Expiry } from './Expiry'
import { Resend } from './Resend'
import { useNow } from './useNow'
import { useWebOtp } from './useWebOtp'

export function CodeStep() {
  const { challenge } = useLogin()
  // It is there on this step; and when it is used up, the next step is already on its way.
  return challenge && <CodeForm challenge={challenge} />
}

function CodeForm({ challenge }: { challenge: Challenge }) {
  const { t, language } = useI18n()
  const { failure } = useLogin()
  const dispatch = useAppDispatch()
  const [send, { isLoading: isSending }] = useSendMutation()
  const [verify, { isLoading: isVerifying }] = useVerifyMutation()
  const [code, setCode] = useState('')
  const [isIncomplete, setIncomplete] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const { id, identifier, codeLength, expiresAt, isDead } = challenge

  const hasExpired = useNow(expiresAt) >= expiresAt
  const isOver = isDead || hasExpired
  const isWrong = isIncomplete || failure?.code === 'invalid_code'

  useEffect(() => field.current?.focus(), [id])

  const submit = useCallback(
    async (guess: string) => {
      setIncomplete(guess.length < codeLength)
      if (guess.length < codeLength) return field.current?.focus()
      const { error } = await verify({
        identifier: identifier.value,
        type: identifier.type,
        otp_code: guess,
        challenge_id: id,
      })
      // What could not be judged stays, to be tried again.
      if (!error?.code || !['retype', 'newCode'].includes(wayOut({ code: error.code }))) return
      setCode('')
      field.current?.focus()
    },
    [verify, identifier, id, codeLength],
  )

  const change = useCallback(
    (typed: string) => {
      setCode(typed)
      setIncomplete(false)
      dispatch(codeTyped())
      if (typed.length === codeLength) void submit(typed)
    },
    [dispatch, submit, codeLength],
  )

  useWebOtp(
    identifier.type === 'phone' && !isOver,
    useCallback((text) => change(readCode(text, codeLength)), [change, codeLength]),
  )

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    if (!isVerifying && !isOver) void submit(code)
  }

  function resend() {
    setCode('')
    void send({
      identifier: identifier.value,
      type: identifier.type,
      locale: language,
      ...(!isOver && { challenge_id: id }),
    })
    field.current?.focus()
  }

  return (
    <form onSubmit={onSubmit} noValidate>
      <h1 className="text-2xl font-bold tracking-tight">{t('codeTitle')}</h1>
      <Destination identifier={identifier} />
      <label htmlFor="code" className="mt-5 mb-1.5 flex justify-between gap-2 text-sm font-medium">
        {t('code')}
        <span className="font-normal text-slate-600 dark:text-slate-300">
          {hasLetters(codeLength) && t('codeLength', { count: codeLength })}
        </span>
      </label>
      <CodeInput
        id="code"
        ref={field}
        value={code}
        length={codeLength}
        isWrong={isWrong}
        readOnly={isVerifying || isOver}
        aria-describedby={`destination ${ALERT_ID} expiry`}
        onChange={change}
      />
      <Alert failure={failure} complaint={isIncomplete ? t('codeIncomplete', { count: codeLength }) : undefined} />
      <Expiry expiresAt={expiresAt} isDead={isDead} />
      {!isOver && (
        <div className="mt-5">
          <SubmitButton isBusy={isVerifying}>{t(isVerifying ? 'verifying' : 'verify')}</SubmitButton>
        </div>
      )}
      <Resend challenge={challenge} isOver={isOver} isSending={isSending} onResend={resend} />
    </form>
  )
}
