import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import type { Handler } from 'hono'
import { html, raw } from 'hono/html'
import type { EdgeContext } from '../context.ts'
import type { openApiDocument } from '../openapi.ts'

type Document = ReturnType<typeof openApiDocument>
type Operation = {
  operationId: string
  summary: string
  description?: string
  tags?: string[]
  security?: Record<string, unknown>[]
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: unknown }[]
  requestBody?: { content: Record<string, { schema?: unknown }> }
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}
:is(code,pre):not(.swagger-ui *){font:14px/1.45 ui-monospace,monospace}pre:not(.swagger-ui *){overflow:auto;background:#f3f4f6;padding:.75rem;border-radius:.4rem}
section:not(.swagger-ui *){border-top:1px solid #d0d4da;padding-top:1rem}table:not(.swagger-ui *){border-collapse:collapse;width:100%}:is(td,th):not(.swagger-ui *){text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e6e8eb}
nav ul{columns:2;padding-left:1rem}b.method{display:inline-block;min-width:4.5rem}
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#16181b}pre:not(.swagger-ui *){background:#22262b}:is(td,th,section):not(.swagger-ui *){border-color:#3a3f45}a:not(.swagger-ui *){color:#8ab4ff}}`

/** Its scripts lie beside the page (`web/build/reference-files.ts`); what it sends, it sends to where it came from. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * GET /v1/docs: the contract as a page to read and to try. Rendered here from the document itself; where the page's files are there and scripts
 * may run, Swagger UI takes the place of the operations: it renders their Markdown, and sends calls.
 */
export const reference =
  (document: () => Document): Handler<EdgeContext> =>
  (c) => {
    const { info, paths, components } = document()
    const operations = Object.entries(paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
        path,
        method,
        operation,
      })),
    )
    c.header('Content-Security-Policy', POLICY)
    return c.html(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${info.title}</title><style>${raw(STYLE)}</style><link rel="stylesheet" href="/reference/swagger-ui.css"><link rel="stylesheet" href="/reference/start.css">
<script defer src="/reference/swagger-ui-bundle.js"></script><script defer src="/reference/start.js"></script></head><body>
<div id="operations">
<h1>${info.title}</h1>
<p>Version ${info.version}. Machine-readable: <a href="/v1/openapi.json">openapi.json</a>.</p>
${info.description?.split('\n\n').map((text) => html`<p style="white-space:pre-line">${text}</p>`)}
<nav aria-label="Operations"><ul>${operations.map(
      ({ path, method, operation }) =>
        html`<li><a href="#${operation.operationId}">${method.toUpperCase()} ${path}</a></li>`,
    )}</ul></nav>
${operations.map(({ path, method, operation }) => section(path, method, operation))}
</div>
<h2>Problems</h2>
<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>What to do</th></tr></thead><tbody>${(
      Object.keys(PROBLEMS) as ProblemCode[]
    ).map(
      (code) =>
        html`<tr id="problem-${code}"><td><code>${code}</code></td><td>${PROBLEMS[code].status}</td><td>${PROBLEMS[code].title}</td><td>${PROBLEMS[code].remedy}</td></tr>`,
    )}</tbody></table>
<h2>Schemas</h2>
${Object.entries(components?.schemas ?? {}).map(
  ([name, schema]) =>
    html`<details id="schema-${name}"><summary>${name}</summary><pre tabindex="0">${JSON.stringify(schema, null, 2)}</pre></details>`,
)}
</body></html>`)
  }

/** GET /problems/{code}, where the `type` of a problem points: its row of the reference page. */
export const problemReference: Handler<EdgeContext, '/problems/:code'> = (c) => {
  const code = c.req.param('code')
  if (!Object.hasOwn(PROBLEMS, code)) throw new AppError('not-found', 'there is no such problem')
  return c.redirect(`/v1/docs#problem-${code}`)
}

function section(path: string, method: string, operation: Operation) {
  const {
    operationId,
    summary,
    description,
    parameters = [],
    requestBody,
    responses,
    security = [],
  } = operation
  const keys = security.flatMap((scheme) => Object.keys(scheme))
  return html`<section id="${operationId}"><h2><b class="method">${method.toUpperCase()}</b> <code>${path}</code></h2>
<p>${summary}${description && description !== `${summary}.` ? `. ${description}` : ''}</p>
<p>${keys.length > 0 ? `Authorization: ${keys.join(' or ')}` : 'No key needed'}</p>
${
  parameters.length > 0 &&
  html`<table><thead><tr><th>Parameter</th><th>In</th><th></th></tr></thead><tbody>${parameters.map(
    (p) =>
      html`<tr><td><code>${p.name}</code></td><td>${p.in}</td><td>${p.description ?? ''} <code>${JSON.stringify(p.schema ?? {})}</code></td></tr>`,
  )}</tbody></table>`
}
${requestBody && html`<p>Body: ${Object.keys(requestBody.content).join(', ')}</p>${bodyOf(requestBody)}`}
<table><thead><tr><th>Status</th><th>Answer</th></tr></thead><tbody>${Object.entries(responses).map(
    ([status, response]) =>
      html`<tr><td>${status}</td><td>${response.description}${response.content && html` <code>${Object.keys(response.content).join(', ')}</code>`}</td></tr>`,
  )}</tbody></table></section>`
}

const bodyOf = ({ content }: NonNullable<Operation['requestBody']>) => {
  const schema = content['application/json']?.schema
  return schema ? html`<pre tabindex="0">${JSON.stringify(schema, null, 2)}</pre>` : ''
}
