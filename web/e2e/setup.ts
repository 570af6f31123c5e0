import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { preview } from 'vite'
import type { TestProject } from 'vitest/node'
import { serveObjects } from './object-store'
import { freePort, startService } from './service'

declare module 'vitest' {
  export interface ProvidedContext {
    page: string
    service: string
    longCodes: string
    /** Closed to strangers, with refresh tokens in bodies. */
    closed: string
    closedPage: string
    /** The page as S3 and CloudFront serve it. */
    objectsPage: string
    /** A service that knows no sessions. */
    plain: string
    plainPage: string
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

/** The production build on static servers, and real services: as it comes, with long codes, closed, without sessions. */
export default async function setup(project: TestProject) {
  rmSync('node_modules/.e2e', { recursive: true, force: true })
  const [pagePort, closedPort, plainPort] = [await freePort(), await freePort(), await freePort()]
  const objectsPort = await freePort()
  const origins = [pagePort, closedPort, plainPort, objectsPort].map((port) => `http://localhost:${port}`)
  const settings = { ...LIMITS, CORS_ALLOWED_ORIGINS: origins.join(), SESSIONS: 'cookie' }
  const service = await startService(settings)
  const longCodes = await startService({ ...settings, OTP_LENGTH: '10', RATE_SEND_PER_IDENTIFIER_PER_HOUR: '1' })
  const closed = await startService({ ...settings, SESSIONS: 'body', SIGN_UP: 'closed' })
  const plain = await startService({ ...settings, SESSIONS: 'off' })
  const services = { service, longCodes, closed, plain }

  const pages = [
    await servePage(pagePort, service.url, 'cookie'),
    await servePage(closedPort, closed.url),
    await servePage(plainPort, plain.url),
    await serveObjects(objectsPort, `node_modules/.e2e/${pagePort}`),
  ]
  project.provide('page', `${origins[0]}/otp-login/`)
  project.provide('closedPage', `${origins[1]}/otp-login/`)
  project.provide('plainPage', `${origins[2]}/otp-login/`)
  project.provide('objectsPage', `${origins[3]}/otp-login`)
  for (const [name, { url }] of Object.entries(services)) project.provide(name as keyof typeof services, url)

  return async () => {
    await Promise.all(pages.map((page) => page.close()))
    for (const { stop } of Object.values(services)) stop()
  }
}

function servePage(port: number, service: string, sessions = '') {
  const outDir = `node_modules/.e2e/${port}`
  // A process of its own: what runs tests asks for React's development build.
  execFileSync('node_modules/.bin/vite', ['build', '--logLevel', 'warn', '--outDir', outDir, '--emptyOutDir'], {
    env: { ...process.env, NODE_ENV: 'production', VITE_API_URL: `${service}/api`, VITE_SESSIONS: sessions },
    stdio: 'inherit',
  })
  return preview({ logLevel: 'warn', build: { outDir }, preview: { port, strictPort: true } })
}
