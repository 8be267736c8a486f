/** One member of `Signature-Input` (RFC 9421, section 4.1) as this project's calls have it. */
export type SignatureInput = {
  readonly label: string
  /** Covered components, in order, none with parameters of its own. */
  readonly components: readonly string[]
  /** The member's value as it came: the value of `@signature-params`. */
  readonly params: string
  readonly created: number
  readonly expires: number | undefined
  readonly nonce: string
  readonly keyid: string
  readonly alg: string
}

// Structured Fields (RFC 8941): a key, then an inner list of strings with parameters that are integers or strings. Its
// serialisation is unique (section 4.1), so anything written otherwise is refused rather than read kindly.
const MEMBER =
  /^([a-z*][a-z0-9_.*-]{0,63})=(\(((?:"[a-z0-9@_.-]+"(?: (?=")|(?=\))))+)\)((?:;[a-z][a-z0-9_.*-]*=(?:-?\d{1,15}|"[\x20-\x21\x23-\x5b\x5d-\x7e]{0,256}"))*))$/
const PARAMETER = /;([a-z][a-z0-9_.*-]*)=(?:(-?\d+)|"([^"]*)")/g
const MAX_LENGTH = 2048

/** @returns undefined for anything but one well-formed member with created, nonce, keyid and alg */
export function parseSignatureInput(field: string): SignatureInput | undefined {
  const match = field.length > MAX_LENGTH ? null : MEMBER.exec(field.trim())
  if (!match) return undefined
  const label = match[1]!
  const params = match[2]!
  const components = match[3]!.slice(1, -1).split('" "')
  const parameters: Record<string, number | string> = Object.create(null)
  const tail = match[4]!
  PARAMETER.lastIndex = 0
  for (let found = PARAMETER.exec(tail); found; found = PARAMETER.exec(tail)) {
    const name = found[1]!
    if (name in parameters) return undefined
    parameters[name] = found[2] === undefined ? (found[3] ?? '') : Number(found[2])
  }
  const { created, expires, nonce, keyid, alg } = parameters
  if (typeof created !== 'number' || (expires !== undefined && typeof expires !== 'number')) return undefined
  if (typeof nonce !== 'string' || nonce.length === 0 || nonce.length > 128) return undefined
  if (typeof keyid !== 'string' || typeof alg !== 'string') return undefined
  // A component that is covered twice is an error (section 2).
  if (components.some((name, i) => components.indexOf(name) !== i)) return undefined
  return { label, components, params, created, expires, nonce, keyid, alg }
}

/** The signature under a label, when the field holds that one and nothing else (section 4.2). */
export function signatureOf(field: string, label: string): Uint8Array | undefined {
  const match = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]+={0,2}):$/.exec(field.trim())
  if (match?.[1] !== label) return undefined
  try {
    return bytesFromBase64(match[2]!)
  } catch {
    // Not base64: no signature.
    return undefined
  }
}

/** @throws DOMException where the text is not base64 */
export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
