import { useEffect, useReducer } from 'react'
import { nextTick } from '../login/deadline'

/** The time, told again at every whole second before `until`, and at `until` itself. */
export function useNow(until: number): number {
  const [ticks, tick] = useReducer((count: number) => count + 1, 0)
  const told = Date.now()
  useEffect(() => {
    const wait = nextTick(told, until, Date.now())
    if (wait === undefined) return
    const timer = setTimeout(tick, wait)
    return () => clearTimeout(timer)
    // `told` is that of the same render.
  }, [until, ticks])
  return told
}
