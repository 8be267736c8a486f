import { printable, shownText } from '@detl/core/base/printable'
import { expect, it } from 'vitest'

const TURNS = [
  '\u061c',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202b',
  '\u202c',
  '\u202d',
  '\u202e',
  '\u2066',
  '\u2067',
  '\u2068',
  '\u2069',
]

it('what turns the direction of text is written out on a terminal, and left out where people read', () => {
  for (const turn of TURNS) {
    expect(printable(`scan${turn}gnp.exe`)).toBe(`scan\\u{${turn.charCodeAt(0).toString(16)}}gnp.exe`)
    expect(shownText(`scan${turn}gnp.exe`)).toBe('scangnp.exe')
  }
  expect(printable('\x1b[2J')).toBe('\\x1b[2J')
  expect(shownText('a\x00b\nc')).toBe('abc')
})

it('names in Hebrew, Arabic, Greek and Japanese are shown as they are', () => {
  for (const name of ['כהן^דוד', 'قباني^لنزار', 'Διονυσιος', '山田^太郎', 'Müller-Lüdenscheidt'])
    expect([shownText(name), printable(name)]).toEqual([name, name])
})
