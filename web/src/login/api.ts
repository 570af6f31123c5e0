import { createApi, fakeBaseQuery } from '@reduxjs/toolkit/query/react'
import {
  createOtpClient,
  type Failure,
  type Result,
  type SendReply,
  type SendRequest,
  type VerifyRequest,
} from '../otp-client'
import { IdempotencyKeys } from './idempotency'
import { Session, type SignedIn } from './session'

/** An answer and when it came: reducers have no clock. */
type Timed<T> = T & { at: number }

const hasSessionCookie = import.meta.env.VITE_SESSIONS === 'cookie'
const client = createOtpClient({ baseUrl: import.meta.env.VITE_API_URL, hasSessionCookie })
export const session = new Session(client, hasSessionCookie)
const keys = new IdempotencyKeys()

export const otpApi = createApi({
  reducerPath: 'otpApi',
  baseQuery: fakeBaseQuery<Timed<Failure>>(),
  endpoints: (build) => ({
    send: build.mutation<Timed<SendReply>, SendRequest>({
      queryFn: async (request) => {
        const result = await client.send(request, keys.keyFor(request))
        if (result.ok || result.failure.code !== 'unreachable') keys.answered()
        return timed(result)
      },
    }),
    verify: build.mutation<Timed<SignedIn>, VerifyRequest>({
      queryFn: async (request) => timed(await session.begin(request)),
    }),
    logOut: build.mutation<Timed<object>, void>({
      queryFn: async () => timed(await session.end()),
    }),
  }),
})

function timed<T>(result: Result<T>): { data: Timed<T> } | { error: Timed<Failure> } {
  const at = Date.now()
  return result.ok ? { data: { ...result.value, at } } : { error: { ...result.failure, at } }
}

export const { useSendMutation, useVerifyMutation, useLogOutMutation } = otpApi
