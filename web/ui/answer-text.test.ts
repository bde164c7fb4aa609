import fc from 'fast-check'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { splitBlocks } from './answer-blocks.ts'
import { AnswerContext } from './answer-context.ts'
import { AnswerMarkdown } from './answer-markdown.tsx'
import { addressToFollow, splitMarks } from './answer-marks.ts'

const citations = new Map(
  [1, 2, 12].map((number) => [number, { number, name: `<b>"file${number}"`, page: number, verdict: number === 1 ? ('verified' as const) : ('weak' as const) }]),
)
const drawn = (text: string) =>
  renderToStaticMarkup(
    createElement(
      AnswerContext,
      { value: { citations, onCite: () => undefined, openNumber: undefined, reasons: new Map([[1, 'A number differs.']]) } },
      createElement(AnswerMarkdown, { text }),
    ),
  )

const scraps = fc.constantFrom(
  ...[
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '![a](https://evil.example/x.png)',
    '[x](javascript:alert(1))',
    '[1]',
    '[12]',
    '[999]',
    '<',
    '>',
    '**',
  ],
  ...[
    '\n',
    '\n\n',
    '```',
    '~~~',
    '- ',
    '1. ',
    '> ',
    '| a | b |\n|---|---|\n',
    '[1]: https://evil.example',
    '[^1]',
    '[^1]: note',
    'https://a.example/?q=<b>',
    '\u{1f600}',
    '\ud83d',
    '&lt;',
  ],
  ...[
    '<svg/onload=alert(1)>',
    '[a](data:text/html,x)',
    '<a href="javascript:x">',
    '`[1]`',
    '    ',
    '# ',
    '- [ ] ',
    'word ',
    '<!-- ',
    '-->',
    '<style>',
    '\\[1\\]',
    '![a][1]',
    '[a][1]',
  ],
)
const texts = fc.array(fc.oneof(scraps, fc.string({ maxLength: 6 })), { maxLength: 25 }).map((parts) => parts.join(''))
const ALLOWED_TAGS = /^(?:div|figure|p|a|sup|button|pre|code|ul|ol|li|blockquote|hr|table|thead|tbody|tr|th|td|em|strong|del|br)$/

describe('the renderer of answers', () => {
  it('draws no element and no attribute that could load or run something, whatever is written', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const html = drawn(text)
        for (const [, tag = '', rest = ''] of html.matchAll(/<([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)) {
          expect(tag).toMatch(ALLOWED_TAGS)
          expect(rest).not.toMatch(/\s(?:on\w+|src|srcset|id|ping|formaction)(?:=|\s|$)/i)
          for (const [, address = ''] of rest.matchAll(/href="([^"]*)"/g)) expect(address).toMatch(/^(?:https?:|mailto:)/)
        }
        // All that begins like a tag is one of ours.
        for (const [, tag = ''] of html.matchAll(/<\/?([^\s>/]*)/g)) expect(tag).toMatch(ALLOWED_TAGS)
      }),
      { numRuns: 400 },
    )
  }, 120_000)

  it('shows HTML and images as text, and where a link leads', () => {
    expect(drawn('<img src=x onerror=alert(1)>')).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(drawn('![cat](https://e.example/c.png)')).toContain('[image: cat (https://e.example/c.png)]')
    expect(drawn('[bank](https://e.example/)')).toContain('bank (<a href="https://e.example/" target="_blank" rel="noopener noreferrer nofollow"')
    expect(drawn('[run](javascript:alert(1))')).toContain('run (javascript:alert(1))')
    expect(drawn('[x](/relative)')).not.toContain('<a')
    expect(drawn('https://e.example/a')).toContain('>https://e.example/a</a>')
  })

  it('makes marks of known numbers buttons with the document and the verdict', () => {
    const html = drawn('Yes [1], perhaps [2]. No [7]. `a[1]`')
    expect(html).toContain('aria-label="Source 1: &lt;b&gt;&quot;file1&quot;, page 1, verified"')
    expect(html).toContain('>2?</button>')
    expect(html).toContain('No [7].')
    expect(html.match(/<button/g)).toHaveLength(2)
  })

  it('resolves no references, so that a mark stays a mark', () => {
    expect(drawn('See [1].\n[1]: https://evil.example').match(/<button/g)).toHaveLength(2)
    expect(drawn('See [1].\n\n[1]: https://evil.example')).not.toContain('<a')
    expect(drawn('a[^1]\n\n[^1]: note')).toContain('[^1]')
  })

  it('shows what would keep it busy as it was written, with its marks', () => {
    for (const text of ['>'.repeat(5000), '- '.repeat(2000), '> 1. '.repeat(900), '['.repeat(30_000)]) {
      const begun = performance.now()
      expect(drawn(`${text} [1]`)).toContain('<button')
      expect(performance.now() - begun).toBeLessThan(500)
    }
  })

  it('has no headings and no form fields', () => {
    expect(drawn('# Title\n\n- [x] done\n- [ ] open')).not.toMatch(/<h\d|<input/)
    expect(drawn('- [x] done')).toContain('☑ done')
  })
})

describe('blocks', () => {
  it('are the text again when they are joined', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(splitBlocks(text).join('')).toBe(text)
      }),
    )
  })

  it('stay as they are, but the last ones, while a text grows', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (text, cut) => {
        const whole = splitBlocks(text)
        const part = splitBlocks(text.slice(0, cut % (text.length + 1)))
        for (const [at, block] of part.slice(0, -2).entries()) expect(whole[at]).toBe(block)
      }),
    )
  })

  it('are cut at blank lines, but not in fences and lists', () => {
    expect(splitBlocks('a\n\nb\nc\n\n\nd')).toEqual(['a\n\n', 'b\nc\n\n\n', 'd'])
    expect(splitBlocks('```\na\n\nb\n```\n\nc')).toEqual(['```\na\n\nb\n```\n\n', 'c'])
    expect(splitBlocks('- a\n\n- b\n\n  c\n\nd')).toEqual(['- a\n\n- b\n\n  c\n\n', 'd'])
  })
})

describe('sentences in doubt', () => {
  const doubtedIn = (text: string, doubted: readonly { start: number; end: number; sentence: number }[]) =>
    renderToStaticMarkup(
      createElement(
        AnswerContext,
        { value: { citations, onCite: undefined, openNumber: undefined, reasons: new Map([[1, 'A number differs.']]) } },
        createElement(AnswerMarkdown, { text, doubted }),
      ),
    )
  const bare = (html: string) => html.replace(/<mark[^>]*>|<\/mark>/g, '')

  it('are marked where they stand, with the reason, and nothing else changes', () => {
    const text = 'First is **so**. Second is 12 [1]. Third.\n\n- an item\n- Fourth is wrong.'
    const second = { start: text.indexOf('Second'), end: text.indexOf(' Third'), sentence: 1 }
    const html = doubtedIn(text, [second, { start: text.indexOf('Fourth'), end: text.length, sentence: 3 }])
    expect(html.match(/<mark[^>]*>/g)).toHaveLength(2)
    expect(html).toMatch(/<mark title="A number differs\."[^>]*>Second is 12 <sup/)
    expect(html).toContain('>Fourth is wrong.</mark>')
    expect(bare(html)).toBe(doubtedIn(text, []))
  })

  it('change no word, whatever is marked', () => {
    const ranges = fc.array(fc.record({ start: fc.nat(80), length: fc.nat(40) }), { maxLength: 4 })
    fc.assert(
      fc.property(texts, ranges, (text, given) => {
        let from = 0
        const doubted = given.map(({ start, length }, sentence) => {
          const range = { start: from + start, end: from + start + length, sentence }
          from = range.end
          return range
        })
        const words = (html: string) => html.replace(/<[^>]*>/g, '')
        expect(words(doubtedIn(text, doubted))).toBe(words(doubtedIn(text, [])))
      }),
      { numRuns: 60 },
    )
  })
})

describe('marks and addresses', () => {
  it('keeps every character', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const parts = splitMarks(text)
        expect(parts.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join('')).toBe(text)
      }),
    )
    expect(splitMarks('a [1][22] b [x] [0] [4444]')).toEqual(['a ', 1, 22, ' b [x] [0] [4444]'])
  })

  it('follows only what leads to a page or a letter', () => {
    for (const bad of [
      'javascript:alert(1)',
      'JaVaScRiPt:x',
      'data:text/html,x',
      '/x',
      '//e.example',
      'https://bank.example@evil.example',
      'vbscript:x',
      ' javascript:x',
      'file:///etc',
    ])
      expect(addressToFollow(bad)).toBeUndefined()
    expect(addressToFollow('https://e.example')).toBe('https://e.example/')
    expect(addressToFollow('mailto:a@e.example')).toBe('mailto:a@e.example')
  })
})
