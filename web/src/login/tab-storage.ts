import { isCountry } from './identifier'
import type { SignedIn } from './session'
import { initialState, type Challenge, type LoginState } from './slice'

/**
 * What a reload keeps: what was typed and which code is awaited; then who is signed in, where the session is in a cookie.
 * Never a code or a token. `sessionStorage` ends with the tab. Where it is forbidden, its very name throws: so it is named
 * inside of what catches that.
 */
const PLACE = 'otp-login'
const LANGUAGE_PLACE = 'otp-login-language'

export function save({ draft, challenge, step, session }: LoginState, place?: Storage): void {
  try {
    const storage = place ?? sessionStorage
    if (step === 'done' && !session?.isKept) storage.removeItem(PLACE)
    else if (step === 'done') storage.setItem(PLACE, JSON.stringify({ user: session?.user }))
    else storage.setItem(PLACE, JSON.stringify({ draft, challenge, step }))
  } catch {
    // Storage is full or forbidden: then a reload starts anew.
  }
}

export function restore(fresh: LoginState, place?: Storage): LoginState {
  try {
    const kept = JSON.parse((place ?? sessionStorage).getItem(PLACE) ?? '') as Partial<LoginState>
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
export function userBefore(place?: Storage): SignedIn['user'] | null {
  try {
    const { user } = JSON.parse((place ?? sessionStorage).getItem(PLACE) ?? '') as { user?: SignedIn['user'] }
    return typeof user?.id === 'string' ? user : null
  } catch {
    return null
  }
}

/** The language that was chosen in this tab. */
export function languageBefore(): string | null {
  try {
    return sessionStorage.getItem(LANGUAGE_PLACE)
  } catch {
    return null
  }
}

export function keepLanguage(language: string): void {
  try {
    sessionStorage.setItem(LANGUAGE_PLACE, language)
  } catch {
    // Then it is chosen again after a reload.
  }
}

function isChallenge(value: Challenge | null | undefined): value is Challenge {
  return (
    typeof value?.id === 'string' &&
    typeof value.identifier?.value === 'string' &&
    [value.codeLength, value.expiresAt, value.resendAt].every(Number.isFinite)
  )
}
