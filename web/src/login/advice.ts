import type { Failure } from '../otp-client'

/**
 * The way out of each error. `edit`: correct the identifier. `other`: take the other channel. `retype`: type the code
 * again. `newCode`: this code is dead. `wait`: until the service says. `retry`: the same again. `reload`: the page is at
 * fault.
 */
export type WayOut = 'edit' | 'other' | 'retype' | 'newCode' | 'wait' | 'retry' | 'reload'

/** Of calls whose failures are not shown by their codes (`session.ts`), or that this page does not make. */
export const ELSEWHERE = [
  'invalid_token',
  'identifier_taken',
  'identifier_already_set',
  'invalid_refresh_token',
  'refresh_token_reused',
  'session_ended',
  'origin_not_allowed',
] as const satisfies Failure['code'][]

type Shown = Exclude<Failure['code'], (typeof ELSEWHERE)[number]>

const WAYS_OUT: Record<Shown, WayOut> = {
  invalid_request: 'edit',
  invalid_identifier: 'edit',
  payload_too_large: 'edit',
  invalid_code: 'retype',
  challenge_expired: 'newCode',
  attempts_exhausted: 'newCode',
  challenge_required: 'newCode',
  destination_not_allowed: 'other',
  delivery_failed: 'other',
  rate_limited: 'wait',
  unavailable: 'retry',
  internal: 'retry',
  unreachable: 'retry',
  idempotency_key_reused: 'retry',
  not_found: 'reload',
  method_not_allowed: 'reload',
  unsupported_media_type: 'reload',
}

/** A code that this page does not know yet is treated as the service's fault. */
export const knownCode = (code: string): Shown => (Object.hasOwn(WAYS_OUT, code) ? (code as Shown) : 'internal')

export const wayOut = (failure: { code: string }): WayOut => WAYS_OUT[knownCode(failure.code)]
