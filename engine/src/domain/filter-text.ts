import { checkField, condition, FILTER_LIMITS, type Filter, invalid, type Scalar } from './filter.ts'

/**
 * Reads a filter as people write it: `year >= 2023 and (team = "people" or tag in ["a", "b"]) and not draft = true`.
 *
 * Operators  = != > >= < <=, contains, in [ … ], not in [ … ], exists, not exists; and, or, not, parentheses ("and"
 *            binds tighter than "or"). Words may be in upper case. Values are numbers, true, false, "quoted" or
 *            'quoted' texts (with \ before a quote or \), or bare words, which are texts.
 * @throws AppError filter/invalid with the place of the fault; the limits are those of the JSON form
 */
export function filterFromText(text: string): Filter {
  const tokens = tokensOf(text)
  const budget = { conditions: 0 }
  let at = 0

  const peek = (): Token | undefined => tokens[at]
  const isWord = (token: Token | undefined, word: string) => token?.kind === 'word' && token.text.toLowerCase() === word
  const isMark = (token: Token | undefined, mark: string) => token?.kind === 'mark' && token.text === mark
  const place = () => `character ${(peek()?.at ?? text.length) + 1}`

  function next(expected: string): Token {
    const token = tokens[at]
    if (token === undefined) throw invalid(place(), expected, 'the end')
    at += 1
    return token
  }

  function either(depth: number): Filter {
    const parts = [both(depth)]
    while (isWord(peek(), 'or')) {
      at += 1
      parts.push(both(depth))
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { or: parts }
  }

  function both(depth: number): Filter {
    const parts = [single(depth)]
    while (isWord(peek(), 'and')) {
      at += 1
      parts.push(single(depth))
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { and: parts }
  }

  function single(depth: number): Filter {
    if (depth > FILTER_LIMITS.depth) throw invalid(place(), `at most ${FILTER_LIMITS.depth} levels`, 'more')
    if (isWord(peek(), 'not') && tokens[at + 1]?.kind !== 'compare') {
      at += 1
      return { not: single(depth + 1) }
    }
    if (!isMark(peek(), '(')) return simple()
    at += 1
    const inner = either(depth + 1)
    if (!isMark(next('")"'), ')')) {
      at -= 1
      throw invalid(place(), '")"', shown(peek()))
    }
    return inner
  }

  function simple(): Filter {
    const start = place()
    const field = next('a field')
    if (field.kind !== 'word' && field.kind !== 'text') throw invalid(start, 'a field', shown(field))
    checkField(field.text, start)
    const where = place()
    let operator = next('an operator')
    const negated = isWord(operator, 'not')
    if (negated) operator = next('in or exists')
    if (isWord(operator, 'exists')) return condition(field.text, 'exists', !negated, where, budget)
    if (isWord(operator, 'in')) return condition(field.text, negated ? 'nin' : 'in', values(), where, budget)
    if (!negated && isWord(operator, 'contains')) return condition(field.text, 'contains', value(), where, budget)
    const op = operator.kind === 'compare' && !negated && Object.hasOwn(COMPARISONS, operator.text) ? COMPARISONS[operator.text] : undefined
    if (op === undefined) throw invalid(where, '= != > >= < <= contains in exists', shown(operator))
    return condition(field.text, op, value(), where, budget)
  }

  function values(): Scalar[] {
    const open = next('"["')
    const close = isMark(open, '[') ? ']' : isMark(open, '(') ? ')' : undefined
    if (close === undefined) throw invalid(`character ${open.at + 1}`, '"["', shown(open))
    const list: Scalar[] = []
    if (isMark(peek(), close)) {
      at += 1
      return list
    }
    for (;;) {
      list.push(value())
      const mark = next(`"," or "${close}"`)
      if (isMark(mark, close)) return list
      if (!isMark(mark, ',')) throw invalid(`character ${mark.at + 1}`, `"," or "${close}"`, shown(mark))
    }
  }

  function value(): Scalar {
    const token = next('a value')
    if (token.kind === 'text') return token.text
    if (token.kind !== 'word') throw invalid(`character ${token.at + 1}`, 'a value', shown(token))
    if (/^(?:true|false)$/i.test(token.text)) return token.text.toLowerCase() === 'true'
    const number = NUMBER.test(token.text) ? Number(token.text) : Number.NaN
    return Number.isFinite(number) ? number : token.text
  }

  const filter = either(0)
  if (at < tokens.length) throw invalid(place(), 'and, or, or the end', shown(peek()))
  return filter
}

const COMPARISONS: Readonly<Record<string, 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'>> = {
  '=': 'eq',
  '==': 'eq',
  '!=': 'ne',
  '<>': 'ne',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
}
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

interface Token {
  readonly kind: 'word' | 'text' | 'compare' | 'mark'
  readonly text: string
  readonly at: number
}

/** Source: the JSON form of a filter with as many conditions is about as long. */
const TEXT_LIMIT = 20_000

function tokensOf(text: string): Token[] {
  if (text.length > TEXT_LIMIT) throw invalid('', `at most ${TEXT_LIMIT} characters`, String(text.length))
  const tokens: Token[] = []
  const scan = /\s+|([()[\],])|([=!<>]{1,2})|([^\s()[\],=!<>"']+)|(["'])/y
  while (scan.lastIndex < text.length) {
    const at = scan.lastIndex
    const match = scan.exec(text)
    if (match === null) throw invalid(`character ${at + 1}`, 'a field, an operator or a value', text.slice(at, at + 1))
    const [, mark, compare, word, quote] = match
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, at })
    else if (compare !== undefined) tokens.push({ kind: 'compare', text: compare, at })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at })
    else if (quote !== undefined) scan.lastIndex = quoted(text, quote, at, tokens)
  }
  return tokens
}

/** Adds the quoted text that begins at `at`; returns where it ends. */
function quoted(text: string, quote: string, at: number, tokens: Token[]): number {
  let value = ''
  for (let index = at + 1; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (character === quote) {
      tokens.push({ kind: 'text', text: value, at })
      return index + 1
    }
    if (character === '\\' && index + 1 < text.length) {
      index += 1
      value += text.charAt(index)
    } else value += character
  }
  throw invalid(`character ${at + 1}`, `a closing ${quote}`, 'the end')
}

function shown(token: Token | undefined): string {
  return token === undefined ? 'the end' : token.text.slice(0, 40)
}
