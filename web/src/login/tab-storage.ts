import { isCountry } from './identifier'
import type { SignedIn } from './session'
import { initialState, type Challenge, type LoginState } from './slice'

/**
 * What a reload keeps: what was typed and which code is awaited; then who is signed in, where the session is in a cookie.
 * Never a code or a token. `sessionStorage` ends with the tab.
 */
const PLACE = 'otp-login'

export function save({ draft, challenge, step, session }: LoginState, storage: Storage = sessionStorage): void {
  try {
    if (step === 'done' && !session?.isKept) storage.removeItem(PLACE)
    else if (step === 'done') storage.setItem(PLACE, JSON.stringify({ user: session?.user }))
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

/** Who was signed in here, by what the service said then; it says the id alone when it goes on with a session. */
export function userBefore(storage: Storage = sessionStorage): SignedIn['user'] | null {
  try {
    const { user } = JSON.parse(storage.getItem(PLACE) ?? '') as { user?: SignedIn['user'] }
    return typeof user?.id === 'string' ? user : null
  } catch {
    return null
  }
}

function isChallenge(value: Challenge | null | undefined): value is Challenge {
  return (
    typeof value?.id === 'string' &&
    typeof value.identifier?.value === 'string' &&
    [value.codeLength, value.expiresAt, value.resendAt].every(Number.isFinite)
  )
}
