import { useEffect } from 'react'
import { useI18n } from '../i18n/I18n'
import type { Step } from '../login/slice'
import { useLogin } from '../store'
import { CodeStep } from './CodeStep'
import { DoneStep } from './DoneStep'
import { IdentifyStep } from './IdentifyStep'
import { LanguagePicker } from './LanguagePicker'
import { useStepHistory } from './useStepHistory'

const STEPS = { identify: IdentifyStep, code: CodeStep, done: DoneStep } satisfies Record<Step, unknown>
const TITLES = { identify: 'title', code: 'codeTitle', done: 'doneTitle' } as const

export function App() {
  const { step, notice } = useLogin()
  const { t } = useI18n()
  useStepHistory()
  useEffect(() => {
    document.title = t(TITLES[step])
  }, [t, step])

  const Current = STEPS[step]
  return (
    <div className="flex min-h-dvh flex-col items-center sm:justify-center sm:p-6">
      <main className="w-full max-w-md bg-white p-5 sm:rounded-3xl sm:p-10 sm:shadow-xl sm:ring-1 sm:shadow-slate-900/5 sm:ring-slate-900/5 max-sm:grow dark:bg-slate-900 sm:dark:ring-white/10">
        <p role="status" className="text-sm font-medium text-emerald-800 not-empty:mb-4 dark:text-emerald-300">
          {notice && t(notice)}
        </p>
        <Current />
      </main>
      <footer className="flex w-full justify-center p-3 max-sm:bg-white max-sm:dark:bg-slate-900">
        <LanguagePicker />
      </footer>
    </div>
  )
}
