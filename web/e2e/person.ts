import type { Page } from 'playwright-core'
import { inject } from 'vitest'
import { newestCode } from './service'

/** Each file of tests starts elsewhere: they share the service. */
let people = Math.floor(Math.random() * 800_000)

/** Somebody whom no other test knows. */
export function newPhone(): string {
  people += 1
  return `+12345${String(100_000 + people)}`
}

export function newEmail(): string {
  people += 1
  return `ada${people}@example.com`
}

export async function askForCode(page: Page, identifier: string): Promise<void> {
  if (identifier.includes('@')) await page.getByText('Email', { exact: true }).click()
  await page.getByLabel(identifier.includes('@') ? 'Email address' : 'Phone number').fill(identifier)
  await page.getByRole('button', { name: 'Send code' }).click()
  await heading(page, 'Enter the code')
}

/** Asks for a code and reads it from the outbox. */
export async function awaitCode(page: Page, identifier: string, service = inject('service')): Promise<string> {
  await askForCode(page, identifier)
  return newestCode(service, identifier)
}

export const codeField = (page: Page) => page.getByLabel('One-time code')

/** Typing the last character sends it. */
export const typeCode = (page: Page, code: string) => codeField(page).pressSequentially(code)

export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor()

export const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
