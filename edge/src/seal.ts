import type { Inference } from './upstream.ts'

/** An answer as it was first given: the model's outputs, and when (ms since the epoch). */
export type Given = { readonly inference: Inference; readonly at: number }

/** What identifies an image, and what unlocks the answer that was kept for it. */
export type Fingerprint = { readonly text: string; readonly key: CryptoKey }

export type Sealer = {
  /** @param context account and Idempotency-Key: equal images of different requests have nothing in common */
  readonly fingerprint: (image: Uint8Array, context: string) => Promise<Fingerprint>
  readonly seal: (print: Fingerprint, model: string, given: Given) => Promise<Uint8Array>
  /** For what must be read again without the image: under the service's secret and its name alone. */
  readonly sealBytes: (name: string, plain: Uint8Array) => Promise<Uint8Array>
  readonly openBytes: (name: string, sealed: Uint8Array) => Promise<Uint8Array>
  /** @returns undefined when another model gave the answer */
  readonly open: (print: Fingerprint, model: string, sealed: Uint8Array) => Promise<Given | undefined>
}

/**
 * Answers that are kept so that a repeat gets the same one, without keeping anything that can be looked at: scores and maps are encrypted
 * under a key made of the image itself and the service's secret. Who has the image again, as the repeat does, can open them; the
 * ledger, which keeps neither, cannot.
 */
export function sealer(pepper: string): Sealer {
  let imported: Promise<CryptoKey> | undefined
  const hmac = async (text: string): Promise<ArrayBuffer> => {
    imported ??= crypto.subtle.importKey('raw', utf8(pepper), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ])
    return crypto.subtle.sign('HMAC', await imported, utf8(text))
  }
  const named = async (name: string) =>
    crypto.subtle.importKey('raw', await hmac(`name:${name}`), 'AES-GCM', false, ['encrypt', 'decrypt'])
  return {
    sealBytes: async (name, plain) => encrypt(await named(name), plain),
    openBytes: async (name, sealed) => new Uint8Array(await decrypt(await named(name), sealed)),
    async fingerprint(image, context) {
      const digest = hex(await crypto.subtle.digest('SHA-256', image as Uint8Array<ArrayBuffer>))
      const [text, secret] = await Promise.all([
        hmac(`print:${context}:${digest}`),
        hmac(`seal:${context}:${digest}`),
      ])
      const key = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt'])
      return { text: hex(text), key }
    },
    async seal({ key }, model, { inference, at }) {
      const { probabilities, cam, oodScore, regions, servedBy, computedOn } = inference
      const sizes = { classes: probabilities.length, cam: cam.length, regions: regions?.length }
      const head = utf8(JSON.stringify({ model, servedBy, computedOn, at, oodScore, ...sizes }))
      const parts = [probabilities, cam, ...(regions ? [regions] : [])]
      const plain = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 4 + head.length))
      new DataView(plain.buffer).setUint32(0, head.length)
      plain.set(head, 4)
      let next = 4 + head.length
      for (const { buffer, byteOffset, byteLength } of parts) {
        plain.set(new Uint8Array(buffer, byteOffset, byteLength), next)
        next += byteLength
      }
      return encrypt(key, plain)
    },
    async open({ key }, model, sealed) {
      const plain = await decrypt(key, sealed)
      const length = new DataView(plain).getUint32(0)
      const head = JSON.parse(new TextDecoder().decode(new Uint8Array(plain, 4, length)))
      if (head.model !== model) return undefined
      const values = new Float32Array(plain.slice(4 + length))
      const inference = {
        probabilities: values.subarray(0, head.classes),
        // Answers that were sealed before there were regions do not say where their maps end.
        cam: values.subarray(head.classes, head.classes + (head.cam ?? values.length)),
        oodScore: head.oodScore,
        ...(head.regions && { regions: values.subarray(head.classes + head.cam) }),
        servedBy: head.servedBy,
        computedOn: head.computedOn,
      }
      return { inference, at: head.at }
    },
  }
}

/** AES-GCM with a random nonce before the ciphertext. */
async function encrypt(key: CryptoKey, plain: Uint8Array): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const encrypted = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv },
    key,
    plain as Uint8Array<ArrayBuffer>,
  )
  const sealed = new Uint8Array(12 + encrypted.byteLength)
  sealed.set(iv)
  sealed.set(new Uint8Array(encrypted), 12)
  return sealed
}

async function decrypt(key: CryptoKey, sealed: Uint8Array): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(sealed) // a copy of its own, at offset 0
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes.subarray(0, 12) }, key, bytes.subarray(12))
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
