import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { Failure } from '../otp-client'
import { wayOut } from './advice'
import { otpApi } from './api'
import { expiryOf } from './deadline'
import type { CountryCode, Draft, Identifier } from './identifier'
import type { SignedIn } from './session'

export type Step = 'identify' | 'code' | 'done'

/** A code that is on its way. Times are milliseconds on this device's clock. */
export interface Challenge {
  id: string
  identifier: Identifier
  codeLength: number
  expiresAt: number
  resendAt: number
  /** The service has no more codes for this identifier in this hour. */
  isLast: boolean
  /** It can no longer be answered, whatever the clock says. */
  isDead: boolean
}

export interface LoginState {
  step: Step
  draft: Draft
  challenge: Challenge | null
  failure: (Failure & { at: number }) | null
  notice: 'sentAgain' | 'sentNew' | 'signedOut' | 'sessionEnded' | null
  /** Who is signed in. The tokens are in `session.ts`. */
  session: SignedIn | null
  /** The reader has been on another step: focus goes with them. */
  hasMoved: boolean
}

export function initialState(country: CountryCode): LoginState {
  return {
    step: 'identify',
    draft: { kind: 'phone', phone: '', country, email: '' },
    challenge: null,
    failure: null,
    notice: null,
    session: null,
    hasMoved: false,
  }
}

function go(state: LoginState, step: Step) {
  if (state.step !== step) Object.assign(state, { step, hasMoved: true, failure: null, notice: null })
}

const slice = createSlice({
  name: 'login',
  initialState: initialState('US'),
  reducers: {
    /** Typing is a new attempt: what was said about the last one goes. */
    drafted(state, { payload }: PayloadAction<Partial<Draft>>) {
      Object.assign(state.draft, payload)
      state.failure = null
      state.notice = null
    },
    codeTyped(state) {
      state.failure = null
      state.notice = null
    },
    /** The browser's back and forward. */
    stepped(state, { payload }: PayloadAction<Step>) {
      if (state.session) return
      go(state, payload === 'code' && state.challenge ? 'code' : 'identify')
    },
    /** The service went on with a session: this tab's, one from before a reload, or that of another tab. */
    resumed(state, { payload }: PayloadAction<SignedIn>) {
      if (state.session?.user.id !== payload.user.id) enter(state, payload)
    },
    /** The service ended it, or somebody did elsewhere. */
    sessionEnded(state) {
      if (state.session) leave(state)
      state.notice = 'sessionEnded'
    },
  },
  extraReducers: (builder) => {
    builder
      .addMatcher(otpApi.endpoints.send.matchPending, (state) => {
        state.failure = null
        state.notice = null
      })
      .addMatcher(otpApi.endpoints.send.matchFulfilled, (state, { payload, meta }) => {
        const before = state.step === 'code' ? state.challenge?.id : undefined
        state.challenge = {
          id: payload.challenge_id,
          identifier: { type: payload.type, value: meta.arg.originalArgs.identifier },
          codeLength: payload.code_length,
          expiresAt: expiryOf(payload, payload.at),
          resendAt: payload.at + payload.resend_cooldown_seconds * 1000,
          isLast: payload.remaining_attempts === 0,
          isDead: false,
        }
        go(state, 'code')
        if (before) state.notice = before === payload.challenge_id ? 'sentAgain' : 'sentNew'
      })
      .addMatcher(otpApi.endpoints.verify.matchFulfilled, (state, { payload: { user, isKept } }) => {
        enter(state, { user, isKept })
      })
      .addMatcher(otpApi.endpoints.verify.matchPending, (state) => {
        state.failure = null
        state.notice = null
      })
      .addMatcher(otpApi.endpoints.logOut.matchPending, (state) => {
        state.failure = null
      })
      .addMatcher(otpApi.endpoints.logOut.matchFulfilled, (state) => {
        leave(state)
        state.notice = 'signedOut'
      })
      .addMatcher(otpApi.endpoints.logOut.matchRejected, failed)
      .addMatcher(otpApi.endpoints.send.matchRejected, failed)
      .addMatcher(otpApi.endpoints.verify.matchRejected, failed)
  },
})

function enter(state: LoginState, session: SignedIn) {
  state.session = session
  state.challenge = null
  Object.assign(state.draft, { phone: '', email: '' })
  go(state, 'done')
}

function leave(state: LoginState) {
  Object.assign(state, initialState(state.draft.country), { hasMoved: true })
}

function failed(state: LoginState, { payload }: { payload?: (Failure & { at: number }) | undefined }) {
  if (!payload) return
  const isLastGuess = payload.code === 'invalid_code' && payload.attemptsRemaining === 0
  const failure: typeof payload = isLastGuess ? { ...payload, code: 'attempts_exhausted' } : payload
  state.failure = failure
  const { challenge } = state
  if (!challenge || state.step !== 'code') return
  const way = wayOut(failure)
  if (way === 'newCode') challenge.isDead = true
  if (way === 'wait') challenge.resendAt = failure.at + (failure.retryAfterSeconds ?? 60) * 1000
}

export const { drafted, codeTyped, stepped, resumed, sessionEnded } = slice.actions
export const loginReducer = slice.reducer
