import { html } from 'hono/html'
import type { Queue } from '../queue/queue.ts'

/** The page that says how the gateway is. UIDs and codes alone: nothing of a patient. */
export function statusPage(queue: Queue) {
  const { items, deliveries, oldestS } = queue.state()
  const dead = queue.deadLetters()
  const rows = (counts: Record<string, number>) =>
    Object.entries(counts).map(([name, n]) => html`<tr><th scope="row">${name}</th><td>${n}</td></tr>`)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="10">
<title>DETL gateway</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; margin: 0 0 1.5rem } th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere } section { display: inline-block; vertical-align: top; margin-right: 3rem }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616 } }
</style>
</head>
<body>
<h1>DETL gateway</h1>
<p>${dead.length === 0 ? 'Nothing waits for a person.' : `${dead.length} ${dead.length === 1 ? 'letter waits' : 'letters wait'} for a person: see below.`}
The oldest image that is not done has been here for ${Math.round(oldestS)} s.</p>
<section><h2>Images</h2><table>${rows(items)}</table></section>
<section><h2>Answers to deliver</h2><table>${rows(deliveries)}</table></section>
<section><h2>Since the start</h2><table>${rows(queue.counts())}</table></section>
${
  dead.length > 0
    ? html`<h2>Dead letters</h2>
<p><code>detl gateway resend NAME</code> tries again.</p>
<table><tr><th>Name</th><th>To</th><th>Why</th><th>SOP Instance UID</th></tr>
${dead
  .slice(0, 100)
  .map(
    ({ name, destination, code, reason, sop_instance }) =>
      html`<tr><td>${name}</td><td>${destination ?? 'service'}</td><td>${code}: ${reason}</td><td>${sop_instance}</td></tr>`,
  )}</table>`
    : ''
}
</body>
</html>`
}
