import type { BatchItem } from '@detl/core/api/batch'
import { AppError } from '@detl/core/api/problem'
import { checkPublic } from '../webhooks/address.ts'

/** One instance by WADO-RS (PS3.18, section 10.4). */
const INSTANCE = /\/studies\/[0-9.]{1,64}\/series\/[0-9.]{1,64}\/instances\/[0-9.]{1,64}\/?$/
/** An object's key in R2: at most 1024 bytes, of which the account's folder takes some. */
const KEY_BYTES = 900

/** A host that images are fetched from: by its own name, or any name below it. */
type Host = { readonly name: string; readonly below: boolean; readonly plain: boolean }
export type SourceHosts = readonly Host[]

/**
 * `images.example.org, *.s3.amazonaws.com`: over https, at public addresses. `http://127.0.0.1:9000`, plain and not public, is for a local
 * start; who runs the service names such hosts one by one.
 * @throws Error that names the entry
 */
export function parseHosts(text: string): SourceHosts {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  return entries.map((entry) => {
    const match = /^(http:\/\/)?(\*\.)?([a-z0-9.-]+(?::\d{1,5})?)$/i.exec(entry)
    if (!match?.[3] || (match[1] && match[2])) throw new Error(`BATCH_HOSTS: "${entry}" is no host`)
    return { plain: match[1] !== undefined, below: match[2] !== undefined, name: match[3].toLowerCase() }
  })
}

/**
 * The address that is to be fetched, of one that is allowed.
 * @throws AppError source-refused
 */
export function allowedUrl(text: string, hosts: SourceHosts): URL {
  const refuse = (why: string) => new AppError('source-refused', why)
  if (!URL.canParse(text)) throw refuse('it is no URL')
  const url = new URL(text)
  const { host, protocol } = url
  if (url.username || url.password) throw refuse('the URL must not hold a user name or password')
  const known = hosts.some(({ name, below, plain }) =>
    plain
      ? protocol === 'http:' && host === name
      : protocol === 'https:' && (below ? host.endsWith(`.${name}`) : host === name),
  )
  if (!known) throw refuse(`${protocol}//${host} is not among the hosts that images are fetched from`)
  if (protocol === 'https:') {
    try {
      checkPublic(url.href)
    } catch (cause) {
      throw new AppError('source-refused', cause instanceof AppError ? cause.detail : 'it is not public', {
        cause,
      })
    }
  }
  return url
}

/** The key of an item in the bucket: below the account's own folder, and nowhere else. @throws AppError source-refused */
export function allowedKey(account: string, key: string): string {
  if (
    key.startsWith('/') ||
    key.split('/').includes('..') ||
    new TextEncoder().encode(key).length > KEY_BYTES
  )
    throw new AppError(
      'source-refused',
      `a key has at most ${KEY_BYTES} bytes, and neither "/" first nor ".."`,
    )
  return `${account}/${key}`
}

/**
 * That an item may be fetched, before anything of its batch is.
 * @throws AppError source-refused
 */
export function checkItem(item: BatchItem, account: string, hosts: SourceHosts): void {
  if ('r2' in item) allowedKey(account, item.r2)
  else if ('url' in item) allowedUrl(item.url, hosts)
  else if (!INSTANCE.test(allowedUrl(item.dicomweb, hosts).pathname))
    throw new AppError('source-refused', 'expected …/studies/{uid}/series/{uid}/instances/{uid}')
}

/** Where an item lies, as it may be shown: without what may be a signature. */
export function shownSource(item: BatchItem): string {
  if ('r2' in item) return item.r2
  const text = 'url' in item ? item.url : item.dicomweb
  return text.split(/[?#]/)[0]!
}
