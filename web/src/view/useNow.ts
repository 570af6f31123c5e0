import { useEffect, useReducer } from 'react'

/** The time, told again at every whole second before `until`, and at `until` itself. */
export function useNow(until: number): number {
  const [ticks, tick] = useReducer((count: number) => count + 1, 0)
  const now = Date.now()
  useEffect(() => {
    const left = until - Date.now()
    if (left <= 0) return
    const timer = setTimeout(tick, left % 1000 || 1000)
    return () => clearTimeout(timer)
  }, [until, ticks])
  return now
}
