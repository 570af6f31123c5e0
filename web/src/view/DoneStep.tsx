import { useEffect, useRef } from 'react'
import { useI18n } from '../i18n/I18n'
import { readable } from '../login/identifier'
import { useLogOutMutation } from '../login/api'
import type { SignedIn } from '../login/session'
import { useLogin } from '../store'
import { Alert } from './Alert'

export function DoneStep() {
  const { t } = useI18n()
  const { session, failure } = useLogin()
  const [logOut, { isLoading }] = useLogOutMutation()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])

  return (
    <>
      <svg viewBox="0 0 48 48" aria-hidden className="mb-4 size-12">
        <circle cx="24" cy="24" r="24" className="fill-emerald-100 dark:fill-emerald-900" />
        <path
          d="m15 25 6 6 12-13"
          fill="none"
          strokeWidth="4"
          strokeLinecap="round"
          strokeLinejoin="round"
          className="stroke-emerald-700 dark:stroke-emerald-300"
        />
      </svg>
      <h1 ref={heading} tabIndex={-1} className="text-2xl font-bold tracking-tight outline-none">
        {t('doneTitle')}
      </h1>
      {session && <Details user={session.user} />}
      <Alert failure={failure} complaint={failure ? t('stillSignedIn') : undefined} />
      <button
        type="button"
        aria-disabled={isLoading}
        onClick={() => void (isLoading || logOut())}
        className="focus-ring mt-8 min-h-12 w-full cursor-pointer rounded-xl border border-slate-500 px-4 font-semibold hover:bg-slate-100 dark:hover:bg-slate-800"
      >
        {t('signOut')}
      </button>
    </>
  )
}

function Details({ user }: { user: SignedIn['user'] }) {
  const { t, language } = useI18n()
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'long' })
  const names = [user.phone_number && readable({ type: 'phone', value: user.phone_number }), user.email].filter(Boolean)
  return (
    <dl className="mt-5 divide-y divide-slate-200 dark:divide-slate-700">
      {names.map((name) => (
        <Detail key={name} term={t('signedInWith')} detail={name} />
      ))}
      {user.created_at && <Detail term={t('memberSince')} detail={date.format(new Date(user.created_at))} />}
      <Detail term={t('userId')} detail={user.id} />
    </dl>
  )
}

function Detail({ term, detail }: { term: string; detail: string | null | undefined }) {
  return (
    <div className="py-3">
      <dt className="text-sm text-slate-600 dark:text-slate-300">{term}</dt>
      <dd className="font-medium wrap-anywhere">
        <bdi>{detail}</bdi>
      </dd>
    </div>
  )
}
