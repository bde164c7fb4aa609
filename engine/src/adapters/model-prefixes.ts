/**
 * What some models want before a text, by their model cards. Without it they lose much of their quality; servers do
 * not add it by themselves.
 */
interface Prefixes {
  readonly query: string
  readonly passage: string
}

const NONE: Prefixes = { query: '', passage: '' }
const BGE = 'Represent this sentence for searching relevant passages: '
const TABLE: readonly (readonly [pattern: RegExp, prefixes: Prefixes])[] = [
  [/e5-[\w-]*instruct/i, { query: 'Instruct: Given a question, retrieve passages that answer it\nQuery: ', passage: '' }],
  [/(^|[/_-])(multilingual-)?e5-(small|base|large)/i, { query: 'query: ', passage: 'passage: ' }],
  [/nomic-embed-text/i, { query: 'search_query: ', passage: 'search_document: ' }],
  [/bge-(small|base|large)-en/i, { query: BGE, passage: '' }],
  [/mxbai-embed-large|snowflake-arctic-embed/i, { query: BGE, passage: '' }],
  [/embeddinggemma/i, { query: 'task: search result | query: ', passage: 'title: none | text: ' }],
  [/qwen3-embedding/i, { query: 'Instruct: Given a question, retrieve passages that answer it\nQuery: ', passage: '' }],
]

export function prefixesOf(model: string): Prefixes {
  return TABLE.find(([pattern]) => pattern.test(model))?.[1] ?? NONE
}
