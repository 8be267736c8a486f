import type { IncomingMessage } from 'node:http'

/** Name or address, and a port that may be empty (RFC 9110, section 7.2; RFC 3986, section 3.2.2). */
const HOST = /^(\[[\w.~!$&'()*+,;=:-]+\]|([\w.~!$&'()*+,;=-]|%[\da-f]{2})+)(:\d*)?$/i

/**
 * What is wrong with a request's Host: it needs exactly one, of a host that an address can have, else the answer is 400 (RFC 9112, section 3.2).
 * HTTP/1.0 knows requests without.
 * @returns undefined where nothing is
 */
export function hostObjection({
  rawHeaders,
  httpVersion,
}: Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>): string | undefined {
  const hosts = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'host')
  if (hosts.length > 1) return 'the request has more than one Host'
  const [host] = hosts
  if (host === undefined) return httpVersion === '1.0' ? undefined : 'the request has no Host'
  return HOST.test(host) && URL.canParse(`http://${host}`) ? undefined : 'the Host of the request is no host'
}
