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

/** OpenSSL's and Node's codes where this side does not trust the other's certificate. */
const NOT_TRUSTED =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|CERT_\w+|CRL_\w+|INVALID_CA|ERR_TLS_CERT_ALTNAME_INVALID)$/
/** Alerts with which the other side ends a handshake over our certificate (RFC 8446, section 6.2). */
const NOT_TRUSTED_THERE =
  /ALERT_(CERTIFICATE_\w+|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/

/**
 * Why there is no connection: the system's code, and in words where it is the certificates.
 * @example whyUnreachable(Object.assign(new Error(), { code: 'ECONNREFUSED' })) // 'ECONNREFUSED'
 */
export function whyUnreachable({ code, message }: NodeJS.ErrnoException): string {
  if (typeof code !== 'string') return message // a number, where a time limit is over (DOMException)
  if (NOT_TRUSTED.test(code))
    return `the certificate that it shows is not trusted (${code}): tls.ca must name the authority that made it, and the certificate the host`
  if (NOT_TRUSTED_THERE.test(code))
    return `it does not accept our certificate, or wants one (${code}): see tls.key and tls.cert`
  return code
}
