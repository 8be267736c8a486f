import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'export/README.md', 'bench/README.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
]
const BLOCK = /^```.*?^```/gms

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  it('links to pages and headings that are there', () => {
    const links = [...text.replaceAll(BLOCK, '').matchAll(/\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]+))?\)/g)]
    const dead = links.filter(([, path, heading]) => {
      const target = path ? join(dirname(page), path) : page
      if (!existsSync(join(ROOT, target))) return true
      return heading !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).has(heading)
    })
    expect(dead.map(([link]) => link)).toEqual([])
  })

  it('calls detl so that a shell finds it', () => {
    const blocks = [...text.matchAll(BLOCK)].map(([block]) => block)
    expect(blocks.flatMap((block) => block.match(/^(?:.*(?:&&|\|) )?detl .*/gm) ?? [])).toEqual([])
  })
})

/** As GitHub makes them of headings: small letters, without marks, hyphens for spaces. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replaceAll(BLOCK, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return new Set(
    headings.map((heading) =>
      heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_\s-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  )
}
