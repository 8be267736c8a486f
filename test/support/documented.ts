import type { createApp } from '@detl/edge/app'
import { openApiDocument } from '@detl/edge/openapi'

type App = ReturnType<typeof createApp>

/**
 * The app's door for tests, which lets through only what the contract says: a problem whose status or code the operation does not list is an
 * error here, so that no test of a refusal passes while the documentation is silent about it.
 */
export function documentedOnly(app: App): App['request'] {
  const paths = openApiDocument(app).paths ?? {}
  const operationOf = (method: string, path: string) => {
    const template = Object.keys(paths).find((each) =>
      new RegExp(`^${each.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
    )
    const operation = template ? paths[template]?.[method.toLowerCase() as 'get'] : undefined
    // What does not fit a parameter's pattern is another address, or none.
    const segments = path.split('/')
    const fits = template?.split('/').every((part, i) => {
      const known = operation?.parameters?.find((one) => 'name' in one && `{${one.name}}` === part)
      const pattern = (known as { schema?: { pattern?: string } } | undefined)?.schema?.pattern
      return pattern === undefined || new RegExp(pattern).test(decodeURIComponent(segments[i]!))
    })
    return fits ? operation : undefined
  }
  return async (input, init, ...rest) => {
    const response = await app.request(input, init, ...rest)
    if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return response
    const asked =
      input instanceof Request
        ? input
        : new Request(new URL(String(input), 'http://edge'), { method: init?.method ?? 'GET' })
    const operation = operationOf(asked.method, new URL(asked.url).pathname)
    const { type } = (await response.clone().json()) as { type: string }
    const code = type.slice('/problems/'.length)
    const said = (operation?.responses as Record<string, { description?: string }> | undefined)?.[
      response.status
    ]?.description
    if (operation && !said?.includes(`\`${code}\``))
      throw new Error(
        `${asked.method} ${asked.url} answered ${response.status} ${code}, which its contract does not list`,
      )
    return response
  }
}
