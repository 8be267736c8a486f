import { AppError } from '@detl/core/api/problem'
import ipaddr from 'ipaddr.js'

/** Names that mean this machine or its network wherever they are resolved (RFC 6761, RFC 6762, RFC 8375). */
const LOCAL_NAMES =
  /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|svc|home\.arpa|test|invalid|onion)$/

/** All of IPv6 that is given out (RFC 4291, section 2.4): outside of it lie older notations of IPv4 addresses, `::127.0.0.1` among them. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** HTTPS's own port, and the one that stands in for it where that is taken. Others are those of other services, which must not be knocked at from here. */
export const RECEIVER_PORTS: readonly number[] = [443, 8443]

/**
 * Ports of `WEBHOOK_PORTS`: `443, 9443`.
 * @throws Error that names what is no port
 */
export function parsePorts(text: string): readonly number[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  return entries.map((entry) => {
    const port = Number(entry)
    if (!/^\d{1,5}$/.test(entry) || port < 1 || port > 65_535)
      throw new Error(`WEBHOOK_PORTS: "${entry}" is no port`)
    return port
  })
}

/**
 * Refuses addresses that a webhook must not reach: all that `checkPublic` refuses, and any port but those.
 * @param allowLocal for a local start and its tests only
 * @throws AppError webhook-refused
 */
export function checkReceiver(text: string, allowLocal: boolean, ports = RECEIVER_PORTS): URL {
  const url = URL.parse(text)
  if (allowLocal && (url?.protocol === 'http:' || url?.protocol === 'https:')) return url
  const checked = checkPublic(text)
  if (!ports.includes(Number(checked.port || 443)))
    throw new AppError(
      'webhook-refused',
      `webhooks go to port ${ports.join(' or ')}; who runs the service may allow others (WEBHOOK_PORTS)`,
    )
  return checked
}

/**
 * Lets nothing through but HTTPS to a public name or unicast address, in whatever notation (the URL parser has made plain numbers of those
 * already). Names are not resolved here: the platform's own fetch reaches no private network, and redirects are not followed.
 * @throws AppError webhook-refused
 */
export function checkPublic(text: string): URL {
  const refuse = (why: string) => new AppError('webhook-refused', why)
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new AppError('webhook-refused', 'it is no URL', { cause })
  }
  if (url.protocol !== 'https:')
    throw refuse('only https is accepted ("detl serve --local-webhooks" takes http too, to try things out)')
  if (url.username || url.password) throw refuse('the URL must not hold a user name or password')
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (ipaddr.isValid(host)) {
    const parsed = ipaddr.process(host) // an IPv4 address in IPv6 notation counts as what it is
    const allocated = parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST)
    if (parsed.range() !== 'unicast' || !allocated) throw refuse('the address is not a public one')
    return url
  }
  // A label that is empty, as in `localhost..`, is no name; some resolvers pass over it all the same.
  if (!host.includes('.') || host.split('.').includes('') || LOCAL_NAMES.test(host))
    throw refuse('the name is not a public one')
  return url
}
