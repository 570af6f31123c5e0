/** Crockford's base 32 has letters; services use it for codes of 16 characters. */
export const hasLetters = (length: number): boolean => length > 10

/** What was typed or pasted as the characters of a code: `"123 456"` and `"１２３-４５６"` are `"123456"`. */
export function readCode(text: string, length: number): string {
  const unwanted = hasLetters(length) ? /[^0-9A-Z]/g : /[^0-9]/g
  return latinDigits(text).normalize('NFKC').toUpperCase().replace(unwanted, '').slice(0, length)
}

/** Arabic-Indic, Persian and Devanagari digits as 0 to 9; full-width ones are NFKC's. */
function latinDigits(text: string): string {
  return text.replace(/[٠-٩۰-۹०-९]/g, (digit) => {
    const point = digit.charCodeAt(0)
    const zero = [0x0660, 0x06f0, 0x0966].find((start) => point >= start && point <= start + 9) ?? point
    return String(point - zero)
  })
}
