import { shownText } from '@detl/core/base/printable'
import type { Estimate } from '@detl/core/model/manifest'

export const escapeHtml = (s: string): string =>
  shownText(s)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

export const percent = (v: number): string => (Number.isFinite(v) ? `${(100 * v).toFixed(1)} %` : '–')
export const withInterval = (e: Estimate): string =>
  `${percent(e.value)} <small>${percent(e.low)} – ${percent(e.high)}</small>`
export const decimal = (e: Estimate | undefined): string =>
  e && Number.isFinite(e.value)
    ? `${e.value.toFixed(3)} <small>${e.low.toFixed(3)} – ${e.high.toFixed(3)}</small>`
    : '–'

/** Cells are HTML: what comes from data is escaped by the caller. Columns of figures are aligned to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  caption = '',
): string {
  const cells = (tag: string, row: readonly (string | number)[]) =>
    row.map((c) => `<${tag}>${c}</${tag}>`).join('')
  return `<div class="scroll"><table>${caption && `<caption>${caption}</caption>`}<thead><tr>${cells('th', head)}</tr></thead><tbody>${rows
    .map((r) => `<tr>${cells('td', r)}</tr>`)
    .join('')}</tbody></table></div>`
}

export const section = (id: string, title: string, body: string): string =>
  body && `<section id="${id}"><h2>${title}</h2>\n${body}\n</section>`

const STYLE = `
:root{--ink:#16202a;--soft:#5b6772;--line:#dfe4e8;--card:#f6f8f9;--accent:#14468c;--warn:#a3202f}
*{box-sizing:border-box}
body{font:15px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:#fff;max-width:68rem;margin:2.5rem auto;padding:0 1.25rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:2.6rem 0 .6rem;padding-top:.9rem;border-top:1px solid var(--line);break-after:avoid}
h3{font-size:1rem;margin:1.4rem 0 .4rem;break-after:avoid}
p{max-width:46rem;margin:.5rem 0 .9rem}
.soft,small,figcaption,caption{color:var(--soft)}
small{font-size:.82em;white-space:nowrap}
nav{display:flex;flex-wrap:wrap;gap:.2rem .9rem;font-size:.88rem;margin:1rem 0}
a{color:var(--accent);text-decoration:none}
.headline{border-left:4px solid var(--warn);background:#fbf3f4;padding:.75rem 1.1rem;border-radius:0 6px 6px 0;max-width:none;font-size:1.02rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.7rem;margin:1.2rem 0}
.cards div{background:var(--card);border-radius:8px;padding:.7rem .9rem;break-inside:avoid}
.cards b{display:block;font-size:1.45rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums}
.cards span{display:block;font-size:.8rem;color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0 1.2rem;font-variant-numeric:tabular-nums;font-size:.93rem}
caption{text-align:left;font-size:.85rem;padding-bottom:.3rem}
th,td{padding:.32rem .8rem .32rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;font-size:.82rem;color:var(--soft);vertical-align:bottom}
.plots{display:flex;flex-wrap:wrap;gap:1rem 1.4rem;align-items:flex-start}
figure{margin:0;break-inside:avoid}
.plots figure{flex:0 1 20rem}.plots figure.small{flex:0 1 15.2rem}.plots figure.wide{flex:1 1 30rem}
figcaption{font-size:.84rem;line-height:1.35;margin-top:.25rem}
svg{display:block;width:100%;height:auto}
.cases{display:grid;grid-template-columns:repeat(3,1fr);gap:.8rem}@media screen and (max-width:44rem){.cases{grid-template-columns:1fr}}
.case{border:1px solid var(--line);border-radius:8px;padding:.55rem;break-inside:avoid;font-size:.8rem;line-height:1.35}
.case.wrong{border-color:#e0b4b9}
.case .row{display:flex;gap:.4rem}.case .row>div{flex:1 1 0;min-width:0;max-width:10rem}.case p{margin:.45rem 0 .35rem}
.case .picture{position:relative;aspect-ratio:1;background:#000;border-radius:4px;overflow:hidden}
.case img{display:block;width:100%;height:100%}.case svg{position:absolute;inset:0;height:100%}
.case .of{color:var(--soft);font-size:.74rem;overflow-wrap:anywhere}
.bar{display:grid;grid-template-columns:6.2rem 1fr 2.4rem;gap:.4rem;align-items:center;font-size:.74rem}
.bar i{display:block;height:.42rem;border-radius:3px;background:var(--accent)}
pre{background:var(--card);border-radius:8px;padding:.8rem 1rem;font-size:.76rem;white-space:pre-wrap;overflow-wrap:anywhere;columns:3 16rem}
@page{margin:14mm}
@media print{body{margin:0;max-width:none;padding:0;font-size:11.5px}nav{display:none}.headline,.cards div,.picture,.bar i,svg{-webkit-print-color-adjust:exact;print-color-adjust:exact}table{break-inside:auto}tr{break-inside:avoid}thead{display:table-header-group}h2{margin-top:1.4rem}.scroll{overflow:visible}}
`

/** One page without scripts, fonts or links to elsewhere. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title>
<style>${STYLE}</style></head><body>
${body}
</body></html>
`
