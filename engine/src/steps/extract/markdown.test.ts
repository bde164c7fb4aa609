import { expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { textBuilder } from './builder.ts'
import { addMarkdown } from './markdown.ts'

function read(text: string): string {
  const out = textBuilder(1_000_000)
  addMarkdown(text, out, 100)
  return out.finish('text/markdown').text
}

test.each(['>', '> ', '1. ', '- ', '* ', '+ ', '12) ', '> - ', ' \t- '])(
  'a line that nests %j deeper than any person does is refused before it is parsed',
  (mark) => {
    expect(() => read(`text\n\n${mark.repeat(20_000)}x`)).toThrow(AppError)
  },
)

test.each(['- '.repeat(40), `${'> '.repeat(40)}quoted`, `${'1. '.repeat(20)}listed`, ' '.repeat(50_000), '1'.repeat(50_000), `a ${'> '.repeat(20_000)}b`])(
  'what only looks like it is read: %.20j',
  (line) => {
    expect(read(`before\n\n${line}\n\nafter`)).toMatch(/^before[\s\S]*after$/)
  },
)
