/**
 * Keys that make a repeated send harmless: when no answer came, the same request goes out under the same key, and the
 * service sends no second message.
 */
export class IdempotencyKeys {
  #unanswered: { request: string; key: string } | undefined

  keyFor(request: object): string {
    const text = JSON.stringify(request)
    if (this.#unanswered?.request !== text) this.#unanswered = { request: text, key: newKey() }
    return this.#unanswered.key
  }

  /** An answer came: the next request is another one, even if it says the same. */
  answered(): void {
    this.#unanswered = undefined
  }
}

/** `crypto.randomUUID` is missing where the page has no secure context. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
