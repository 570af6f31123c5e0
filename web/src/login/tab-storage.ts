import { isCountry } from './identifier'
import { initialState, type Challenge, type LoginState } from './slice'

/**
 * What a reload keeps: what was typed and which code is awaited. Never a code, a user or a token. `sessionStorage` ends
 * with the tab; nothing is ever written elsewhere.
 */
const PLACE = 'otp-login'

export function save({ draft, challenge, step }: LoginState, storage: Storage = sessionStorage): void {
  try {
    if (step === 'done') storage.removeItem(PLACE)
    else storage.setItem(PLACE, JSON.stringify({ draft, challenge, step }))
  } catch {
    // Storage is full or forbidden: then a reload starts anew.
  }
}

export function restore(fresh: LoginState, storage: Storage = sessionStorage): LoginState {
  try {
    const kept = JSON.parse(storage.getItem(PLACE) ?? '') as Partial<LoginState>
    const challenge = isChallenge(kept.challenge) ? kept.challenge : null
    const draft = { ...fresh.draft, ...kept.draft }
    if (!isCountry(draft.country)) return fresh
    return {
      ...initialState(draft.country),
      draft,
      challenge,
      step: challenge && kept.step === 'code' ? 'code' : 'identify',
    }
  } catch {
    return fresh
  }
}

function isChallenge(value: Challenge | null | undefined): value is Challenge {
  return (
    typeof value?.id === 'string' &&
    typeof value.identifier?.value === 'string' &&
    [value.codeLength, value.expiresAt, value.resendAt].every(Number.isFinite)
  )
}
