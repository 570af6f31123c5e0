import type { Failure, OtpClient, Result, Tokens, User, VerifyReply, VerifyRequest } from '../otp-client'

/** Who is signed in. `isKept`: the session is in a cookie, and outlives a reload. */
export interface SignedIn {
  user: Pick<User, 'id'> & Partial<User>
  isKept: boolean
}

interface Listener {
  goesOn(userId: string): void
  hasEnded(): void
}

/** Says that this browser has a session's cookie, which no script can see. It says nothing about whose. */
const MARK = 'otp-login-session'

/** Seconds before a token expires in which its successor is fetched, and between tries when that fails. */
const MARGIN = 60
const RETRY = 30

/** Nobody knows whether the session goes on: to be asked again. After every other failure it does not. */
const UNDECIDED: Failure['code'][] = ['unreachable', 'unavailable', 'internal', 'rate_limited']
const OVER: Failure['code'][] = ['session_ended', 'refresh_token_reused', 'invalid_refresh_token', 'not_found']

/** Keeps a session going. Its tokens are here, in the tab's memory, and nowhere else; a refresh token may be in a cookie. */
export class Session {
  #accessToken: string | undefined
  #refreshToken: string | undefined
  #isOn = false
  /** Counts sessions begun and ended, so that an answer that comes too late is known. */
  #era = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #listener: Listener | undefined

  constructor(
    private readonly client: OtpClient,
    private readonly hasCookie: boolean,
  ) {}

  /** What a product's own calls send as `Authorization: Bearer`. */
  get accessToken(): string | undefined {
    return this.#accessToken
  }

  tell(listener: Listener): void {
    this.#listener = listener
    // Another tab of this browser signed out: the service knows whether that ends this one.
    if (this.hasCookie)
      addEventListener('storage', ({ key }) => key === MARK && !marked() && this.#isOn && this.#refresh())
  }

  async begin(request: VerifyRequest): Promise<Result<SignedIn>> {
    const result = await this.#alone(() => this.client.verify(request))
    if (!result.ok) return result
    const { user, ...reply } = result.value
    const isKept = this.hasCookie && reply.refresh_expires_in !== undefined
    if (isKept) mark()
    this.#era += 1
    this.#take(reply)
    return { ok: true, value: { user, isKept } }
  }

  /** After a reload: goes on with the session that this browser has, if it has one. */
  async resume(): Promise<void> {
    if (this.hasCookie && marked()) await this.#refresh()
  }

  /** Signs out. If the service does not answer, nobody has been signed out. */
  async end(): Promise<Result<object>> {
    if (this.#isOn) {
      const result = await this.#alone(() => this.client.logOut(this.#refreshToken))
      if (!result.ok && !OVER.includes(result.failure.code)) return result
    }
    this.#forget()
    return { ok: true, value: {} }
  }

  #take(tokens: Partial<Tokens> | Omit<VerifyReply, 'user'>): void {
    clearTimeout(this.#timer)
    this.#accessToken = tokens.access_token
    this.#refreshToken = tokens.refresh_token
    this.#isOn = tokens.refresh_token !== undefined || (this.hasCookie && tokens.refresh_expires_in !== undefined)
    const seconds = tokens.expires_in ?? 0
    if (this.#isOn) this.#refreshIn(Math.max(seconds - MARGIN, seconds / 2))
  }

  #refreshIn(seconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#refresh(), seconds * 1000)
  }

  async #refresh(): Promise<void> {
    const era = this.#era
    const result = await this.#alone(async () => (era === this.#era ? this.client.refresh(this.#refreshToken) : null))
    // Signed out, or in anew, meanwhile.
    if (!result || era !== this.#era) return
    if (result.ok) {
      this.#take(result.value)
      this.#listener?.goesOn(subjectOf(result.value.access_token))
    } else if (UNDECIDED.includes(result.failure.code)) {
      this.#refreshIn(result.failure.retryAfterSeconds ?? RETRY)
    } else {
      this.#forget()
      this.#listener?.hasEnded()
    }
  }

  #forget(): void {
    clearTimeout(this.#timer)
    this.#accessToken = this.#refreshToken = undefined
    this.#isOn = false
    this.#era += 1
    if (this.hasCookie) unmark()
  }

  /** Tabs share the cookie, and each of its tokens is good for one use: they take turns. */
  #alone<T>(call: () => Promise<T>): Promise<T> {
    const locks = this.hasCookie ? (navigator.locks as LockManager | undefined) : undefined
    return locks ? (locks.request(MARK, call) as Promise<T>) : call()
  }
}

/** Whom the token names. The service said so itself: there is nothing to check here. */
function subjectOf(token: string): string {
  const claims = atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))
  return (JSON.parse(claims) as { sub: string }).sub
}

// Storage may be forbidden: then a reload begins anew.
const marked = () => attempt(() => localStorage.getItem(MARK) !== null) ?? false
const mark = () => attempt(() => localStorage.setItem(MARK, ''))
const unmark = () => attempt(() => localStorage.removeItem(MARK))

function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
