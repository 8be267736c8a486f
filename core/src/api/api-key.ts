/** What an API key looks like: `detl_`, then 8–128 characters of base64url. */
export const API_KEY = /^detl_[A-Za-z0-9_-]{8,128}$/

/**
 * Makes the function key → hex HMAC-SHA256 under the pepper, which is how keys are stored and looked up: what is stored can neither be used
 * as a key nor guessed offline, and the look-up's time says nothing of how much of a key was right.
 * The pepper is imported at the first call: Workers allow no crypto in their global scope.
 */
export function keyHasher(pepper: string): (key: string) => Promise<string> {
  const utf8 = new TextEncoder()
  let imported: Promise<unknown> | undefined
  return async (key) => {
    imported ??= crypto.subtle.importKey(
      'raw',
      utf8.encode(pepper),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', await imported, utf8.encode(key)))
    return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
}
