import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { directionOf, type Language } from './languages'
import { load, translate, type Key, type Messages, type Values } from './messages'

interface I18n {
  language: Language
  t: (key: Key, values?: Values) => string
  choose: (language: Language) => void
}

const Context = createContext<I18n | null>(null)

interface Props {
  initial: { language: Language; messages: Messages }
  onChoice: (language: Language) => void
  children: ReactNode
}

export function I18nProvider({ initial, onChoice, children }: Props) {
  const [{ language, messages }, set] = useState(initial)

  const last = useRef(language)
  const choose = useCallback(
    (chosen: Language) => {
      last.current = chosen
      void load(chosen).then(
        (loaded) => {
          // Another one was chosen meanwhile, and may have come sooner.
          if (last.current !== chosen) return
          set({ language: chosen, messages: loaded })
          onChoice(chosen)
        },
        // Offline: the language stays what it is.
        () => undefined,
      )
    },
    [onChoice],
  )

  useEffect(() => {
    document.documentElement.lang = language
    document.documentElement.dir = directionOf(language)
  }, [language])

  const value = useMemo<I18n>(
    () => ({ language, choose, t: (key, values) => translate(language, messages, key, values) }),
    [language, messages, choose],
  )
  return <Context value={value}>{children}</Context>
}

export function useI18n(): I18n {
  const i18n = use(Context)
  if (!i18n) throw new Error('useI18n needs an I18nProvider')
  return i18n
}
