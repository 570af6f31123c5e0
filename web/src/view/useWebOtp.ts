import { useEffect } from 'react'

interface OtpCredential extends Credential {
  code: string
}

/** Takes the code out of the text message, where the browser can (WebOTP) and the reader agrees. */
export function useWebOtp(isWanted: boolean, onCode: (code: string) => void): void {
  useEffect(() => {
    if (!isWanted || !('OTPCredential' in window)) return
    const stop = new AbortController()
    const request = { otp: { transport: ['sms'] }, signal: stop.signal } as CredentialRequestOptions
    navigator.credentials.get(request).then(
      (credential) => credential && onCode((credential as OtpCredential).code),
      // Declined, or no message came: the code can still be typed.
      () => undefined,
    )
    return () => stop.abort()
  }, [isWanted, onCode])
}
