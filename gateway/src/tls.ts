import { readFileSync } from 'node:fs'

/** Files in PEM. With `ca`, the other side must show a certificate of it: mutual TLS. */
export type TlsFiles = {
  readonly key?: string | undefined
  readonly cert?: string | undefined
  readonly ca?: string | undefined
}

/**
 * TLS by BCP 195 (RFC 9325): 1.2 or newer, forward secrecy and authenticated ciphers alone. Certificates are always verified.
 * @throws Error where a file cannot be read
 */
export function tlsOptions({ key, cert, ca }: TlsFiles) {
  return {
    ...(key !== undefined && { key: readFileSync(key) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    minVersion: 'TLSv1.2',
    ciphers:
      'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    rejectUnauthorized: true,
  } as const
}
