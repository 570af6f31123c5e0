import { execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const PROGRAMS = `${import.meta.dirname}/../../target/debug`

/** The real local server (`cargo build -p dev-server`) with these settings, on a port of its own. */
export async function startService(settings: Record<string, string>) {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const child = spawn(`${PROGRAMS}/dev-server`, {
    env: { ...settings, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`dev-server ended with ${code}`)))
  })
  died.catch(() => undefined)
  await Promise.race([died, answering(url)])
  return { url, stop: () => child.kill() }
}

/** What an operator does where people cannot sign up. */
export function createUser(url: string, email: string, phone: string): void {
  const target = `--local=${new URL(url).port}`
  execFileSync(`${PROGRAMS}/otpctl`, [target, 'users', 'create', '--email', email, '--phone', phone, '--yes'])
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const reply = await fetch(`${url}/dev/outbox.json`).catch(() => undefined)
    if (reply?.ok) return
    await sleep(100)
  }
  throw new Error(`${url} does not answer`)
}

/** Below the ports that connections take for themselves: one of those may be gone before it is listened on. */
export function freePort(): Promise<number> {
  const port = 15_000 + Math.floor(Math.random() * 15_000)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(freePort()))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)))
  })
}

interface Message {
  to: string
  text: string
}

/** The messages that the service sent to somebody, oldest first. */
export async function messagesTo(url: string, to: string): Promise<Message[]> {
  const sent = (await (await fetch(`${url}/dev/outbox.json`)).json()) as Message[]
  return sent.filter((message) => message.to === to)
}

export async function newestCode(url: string, to: string): Promise<string> {
  const text = (await messagesTo(url, to)).at(-1)?.text ?? ''
  const code = /^@\S+ #(\w+)$/m.exec(text)?.[1]
  if (!code) throw new Error(`no code for ${to}`)
  return code
}

export const wrongFor = (code: string): string => code.replace(/^./, (first) => String((Number(first) + 1) % 10))
