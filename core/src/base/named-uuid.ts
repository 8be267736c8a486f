/**
 * A UUID of version 8 (RFC 9562, section 5.8) made from a name: the same name, the same UUID.
 * @returns 32 hexadecimal digits
 */
export async function namedUuid(name: string): Promise<string> {
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`detl:${name}`)),
  )
  const uuid = digest.subarray(0, 16)
  uuid[6] = (uuid[6]! & 0x0f) | 0x80
  uuid[8] = (uuid[8]! & 0x3f) | 0x80
  return Array.from(uuid, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
