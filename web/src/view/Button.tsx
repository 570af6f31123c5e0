import type { ReactNode } from 'react'

interface Props {
  children: ReactNode
  /** Stays focusable and readable, and does nothing. */
  isBusy?: boolean
}

export function SubmitButton({ children, isBusy = false }: Props) {
  return (
    <button
      type="submit"
      aria-disabled={isBusy}
      className="focus-ring min-h-12 w-full cursor-pointer rounded-xl bg-indigo-700 px-4 py-2 font-semibold text-white shadow-sm hover:bg-indigo-800 active:bg-indigo-900 aria-disabled:cursor-default aria-disabled:bg-slate-600 aria-disabled:shadow-none motion-safe:transition-colors dark:bg-indigo-600 dark:hover:bg-indigo-700 dark:aria-disabled:bg-slate-700"
    >
      {children}
    </button>
  )
}
