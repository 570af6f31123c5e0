import { useEffect } from 'react'
import { stepped, type Step } from '../login/slice'
import { useAppDispatch, useLogin } from '../store'

const stepOf = (state: unknown): Step => (state as { step?: Step } | null)?.step ?? 'identify'

/** The code step is a place in the tab's history, so that Back leads to what was typed. The URL never changes. */
export function useStepHistory(): void {
  const { step } = useLogin()
  const dispatch = useAppDispatch()

  useEffect(() => {
    if (step === 'code' && stepOf(history.state) !== 'code') history.pushState({ step }, '')
    if (step !== 'code' && stepOf(history.state) === 'code') history.replaceState(null, '')
  }, [step])

  useEffect(() => {
    const onPop = (event: PopStateEvent) => dispatch(stepped(stepOf(event.state)))
    addEventListener('popstate', onPop)
    return () => removeEventListener('popstate', onPop)
  }, [dispatch])
}
