import {
  AsYouType,
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
} from 'libphonenumber-js/core'
import type { IdentifierType } from '../otp-client'
import { metadata } from './phone-metadata'

export type { CountryCode }

export interface Draft {
  kind: IdentifierType
  phone: string
  country: CountryCode
  email: string
}

export interface Identifier {
  type: IdentifierType
  /** What the service is given. */
  value: string
}

/** What was typed as an identifier, if it can be one. The service has the last word. */
export function identifierOf({ kind, phone, country, email }: Draft): Identifier | undefined {
  const text = (kind === 'phone' ? phone : email).trim()
  // An email address among the phone numbers is still an email address.
  if (kind === 'email' || text.includes('@')) {
    return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? { type: 'email', value: text } : undefined
  }
  const number = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false }, metadata())
  return number?.isPossible() && !number.ext ? { type: 'phone', value: number.number } : undefined
}

/** For people: `+49 1512 3456789`. */
export function readable({ type, value }: Identifier): string {
  return type === 'phone' ? (parsePhoneNumberFromString(value, metadata())?.formatInternational() ?? value) : value
}

/**
 * The phone field after a keystroke. Digits that are added at the end are formatted; everything else is left as it is,
 * so that nobody has to fight for a bracket. A number that starts with + chooses its own country.
 */
export function typed(before: string, after: string, country: CountryCode): Pick<Draft, 'phone' | 'country'> {
  const formatter = new AsYouType(country, metadata())
  const formatted = formatter.input(after)
  const own = after.trim().startsWith('+') ? formatter.getCountry() : undefined
  const isPlain = /^[\d\s().+-]*$/.test(after)
  const isAppended = after.length > before.length && after.startsWith(before)
  return { phone: isPlain && isAppended ? formatted : after, country: own ?? country }
}

export interface Country {
  code: CountryCode
  name: string
  callingCode: string
}

/** Every country, by its name in `language`. */
export function countries(language: string): Country[] {
  const names = new Intl.DisplayNames(language, { type: 'region' })
  const order = new Intl.Collator(language)
  return getCountries(metadata())
    .map((code) => ({ code, name: names.of(code) ?? code, callingCode: `+${getCountryCallingCode(code, metadata())}` }))
    .sort((a, b) => order.compare(a.name, b.name))
}

export function callingCode(country: CountryCode): string {
  return `+${getCountryCallingCode(country, metadata())}`
}

/** The country that the browser's languages speak of: `de-AT` of Austria. */
export function likelyCountry(languages: readonly string[]): CountryCode {
  const known = new Set<string>(getCountries(metadata()))
  const regions = languages
    .map((tag) => new Intl.Locale(tag))
    .map((locale) => locale.region ?? locale.maximize().region)
  return (regions.find((region) => region !== undefined && known.has(region)) ?? 'US') as CountryCode
}

export const isCountry = (code: string): code is CountryCode => isSupportedCountry(code as CountryCode, metadata())
