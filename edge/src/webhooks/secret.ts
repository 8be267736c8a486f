/**
 * A webhook's secret, `whsec_` and base64 as Standard Webhooks write it: made of the service's secret and the webhook's name, so that it
 * need not be stored anywhere.
 * @param webhook `<account>:<webhook id>`
 */
export async function webhookSecret(pepper: string, webhook: string): Promise<string> {
  const utf8 = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    utf8.encode(pepper),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(`webhook:${webhook}`)))
  return `whsec_${btoa(String.fromCharCode(...mac))}`
}
