/** What an API key looks like: `detl_`, then 8–128 characters of base64url. */
export const API_KEY = /^detl_[A-Za-z0-9_-]{8,128}$/

/** `detl_<mode>_<account>_<key id>_<secret><tag>`: everything before the secret may be shown, logged and searched for. */
const ISSUED = /^(detl_(live|test)_([a-z0-9]{3,24})_([a-z0-9]{8})_[a-z0-9]{26})([a-z0-9]{10})$/

/** Live screenings are billed; test ones get real scores, are counted apart and never billed. */
export type KeyMode = 'live' | 'test'
export type KeyParts = { readonly mode: KeyMode; readonly account: string; readonly id: string }
export type IssuedKey = KeyParts & {
  /** The whole key. Shown once, never stored. */
  readonly key: string
  /** What is stored in its place. */
  readonly hash: string
}

export type Keyring = {
  /** key → hex HMAC-SHA256 under the pepper: neither usable as a key nor open to guessing offline. */
  readonly hash: (key: string) => Promise<string>
  readonly issue: (of: { mode: KeyMode; account: string }) => Promise<IssuedKey>
  /**
   * Whose key it says it is, if this service issued it: the tag at its end verifies. Forgeries fall here, before any account is
   * asked, so that guessing costs us nothing and says nothing of which accounts there are.
   */
  readonly read: (key: string) => Promise<KeyParts | undefined>
}

/** @param pepper the service's secret; with another one, no key that was issued before is known */
export function keyring(pepper: string): Keyring {
  const mac = hmac(pepper)
  const hash = async (key: string) => hex(await mac.sign(key))
  // The prefix keeps tags apart from hashes: every key begins with `detl_`.
  const tagged = (head: string) => `tag:${head}`
  return {
    hash,
    async issue({ mode, account }) {
      const id = randomBase32(8)
      const head = `detl_${mode}_${account}_${id}_${randomBase32(26)}` // 26 × 5 = 130 bits
      const key = head + base32(await mac.sign(tagged(head)), 10)
      if (!ISSUED.test(key)) throw new RangeError('an account id is 3 to 24 of a–z and 0–9')
      return { key, id, mode, account, hash: await hash(key) }
    },
    async read(key) {
      const match = ISSUED.exec(key)
      if (!match) return undefined
      const [, head, mode, account, id, tag] = match as unknown as [
        string,
        string,
        KeyMode,
        string,
        string,
        string,
      ]
      return sameText(base32(await mac.sign(tagged(head)), 10), tag) ? { mode, account, id } : undefined
    },
  }
}

/** {@link Keyring.hash} alone. */
export const keyHasher = (pepper: string): ((key: string) => Promise<string>) => keyring(pepper).hash

/** The pepper is imported at the first call: Workers allow no crypto in their global scope. */
function hmac(pepper: string) {
  const utf8 = new TextEncoder()
  let imported: Promise<unknown> | undefined
  return {
    async sign(text: string): Promise<Uint8Array> {
      imported ??= crypto.subtle.importKey(
        'raw',
        utf8.encode(pepper),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      )
      return new Uint8Array(await crypto.subtle.sign('HMAC', await imported, utf8.encode(text)))
    },
  }
}

/** Time depends on the length alone. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Crockford's alphabet: no i, l, o, u, so that a key can be read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** The low five bits of each byte: uniform, since 32 divides 256. */
const base32 = (bytes: Uint8Array, length: number) =>
  Array.from(bytes.subarray(0, length), (byte) => ALPHABET[byte & 31]).join('')
const randomBase32 = (length: number) => base32(crypto.getRandomValues(new Uint8Array(length)), length)
