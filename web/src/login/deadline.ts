import type { SendReply } from '../otp-client'

const MINUTE = 60_000

/**
 * When the code expires, on this device's clock, which may be wrong: `expires_at` is exact but on the server's clock,
 * `expires_in_minutes` is relative but rounded up. The time left is the first, held within what the second allows.
 */
export function expiryOf({ expires_at, expires_in_minutes }: SendReply, now: number): number {
  const most = expires_in_minutes * MINUTE
  const left = Date.parse(expires_at) - now
  return now + (left > most - MINUTE && left <= most ? left : most)
}

/** `4:07`, `1:02:09`: rounded up, so that 0:00 is over. */
export function clockText(milliseconds: number, language: string): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown
    .map((part, index) => new Intl.NumberFormat(language, { minimumIntegerDigits: index ? 2 : 1 }).format(part))
    .join(':')
}

/**
 * Milliseconds until the time has to be told again, which was `told` before; none once the end itself has been told. Time
 * goes on between the two: if the end was passed meanwhile, it has to be told at once, or the clock would stand still.
 */
export function nextTick(told: number, until: number, now: number): number | undefined {
  if (told >= until) return undefined
  const left = until - now
  return left > 0 ? left % 1000 || 1000 : 0
}
