import { execFileSync } from 'node:child_process'
import { preview } from 'vite'
import type { TestProject } from 'vitest/node'
import { freePort, startService } from './service'

declare module 'vitest' {
  export interface ProvidedContext {
    page: string
    service: string
    longCodes: string
  }
}

const LIMITS = {
  CHALLENGE_BINDING: 'required',
  OTP_RESEND_COOLDOWN_SECONDS: '15',
  RATE_SEND_PER_ADDRESS_PER_MINUTE: '100000',
  RATE_SEND_PER_ADDRESS_PER_HOUR: '100000',
  GUARD_MODE: 'observe',
  SMS_BUDGET_MESSAGES_PER_DAY: '100000',
}

/** The production build on a static server, and two real services: one as it comes, one with long codes. */
export default async function setup(project: TestProject) {
  const pagePort = await freePort()
  const origin = `http://localhost:${pagePort}`
  const settings = { ...LIMITS, CORS_ALLOWED_ORIGINS: origin }
  const service = await startService(settings)
  const longCodes = await startService({ ...settings, OTP_LENGTH: '10', RATE_SEND_PER_IDENTIFIER_PER_HOUR: '1' })

  const outDir = 'node_modules/.e2e'
  // A process of its own: what runs tests asks for React's development build.
  execFileSync('node_modules/.bin/vite', ['build', '--logLevel', 'warn', '--outDir', outDir, '--emptyOutDir'], {
    env: { ...process.env, NODE_ENV: 'production', VITE_API_URL: `${service.url}/api` },
    stdio: 'inherit',
  })
  const server = await preview({ logLevel: 'warn', build: { outDir }, preview: { port: pagePort, strictPort: true } })

  project.provide('page', `${origin}/otp-login/`)
  project.provide('service', service.url)
  project.provide('longCodes', longCodes.url)

  return async () => {
    await server.close()
    service.stop()
    longCodes.stop()
  }
}
