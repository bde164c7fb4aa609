import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import type { ExtractedText } from '../src/domain/block.ts'
import { textBuilder } from '../src/steps/extract/builder.ts'
import { extractFile } from '../src/steps/extract/extract.ts'
import { EXTRACT_LIMITS } from '../src/steps/extract/reader.ts'

export const SETS = resolve(import.meta.dirname, '../../../shared/eval')
export const LANGUAGES = ['en', 'ar', 'de', 'el', 'es', 'hi', 'ro', 'ru', 'th', 'tr', 'vi', 'zh'] as const

export interface SetDocument {
  readonly id: string
  readonly name: string
  readonly title: string | undefined
  extract(): Promise<ExtractedText>
}

export interface SetQuestion {
  readonly id: string
  readonly text: string
  /** Grade by document id; 0 or less is not relevant. */
  readonly relevant: ReadonlyMap<string, number>
}

export interface EvaluationSet {
  readonly name: string
  readonly documents: readonly SetDocument[]
  readonly questions: readonly SetQuestion[]
}

export interface Evidence {
  readonly question: string
  readonly document: string
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
}

export function setsPresent(): boolean {
  return existsSync(SETS)
}

/** A folder of corpus.jsonl, queries.jsonl and qrels.tsv. `part` is "train" for the other questions of scifact. */
export function textSet(folder: string, part?: 'train'): EvaluationSet {
  const suffix = part === undefined ? '' : `.${part}`
  const documents = lines(join(SETS, folder, 'corpus.jsonl')).map((line) => {
    const { _id, title, text } = JSON.parse(line) as { _id: string; title?: string; text: string }
    const named = title === undefined || title === '' ? undefined : title
    return { id: _id, name: `${_id}.txt`, title: named, extract: async () => plainText(text, named) }
  })
  const relevant = judgements(join(SETS, folder, `qrels${suffix}.tsv`))
  const questions = lines(join(SETS, folder, `queries${suffix}.jsonl`)).map((line) => JSON.parse(line) as { _id: string; text: string })
  return { name: part === undefined ? folder : `${folder} (${part})`, documents, questions: judged(questions, relevant) }
}

/** The 10-Q reports, whole PDFs. */
export function reportSet(): EvaluationSet {
  const folder = join(SETS, 'kgrag-sec10q')
  const questions = lines(join(folder, 'questions.jsonl')).map((line) => JSON.parse(line) as { id: string; question: string })
  return {
    name: 'kgrag-sec10q',
    documents: readdirSync(join(folder, 'docs'))
      .sort()
      .map((name) => ({ id: name, name, title: undefined, extract: () => extractedFile(join(folder, 'docs', name)) })),
    questions: judged(
      questions.map(({ id, question }) => ({ _id: id, text: question })),
      judgements(join(folder, 'qrels.tsv')),
    ),
  }
}

/** Long Markdown files, read as plain text so that character ranges are those of the file, and where the evidence stands in them. */
export function evidenceSet(): { readonly documents: readonly SetDocument[]; readonly evidence: readonly Evidence[] } {
  const folder = join(SETS, 'chunking-eval')
  return {
    documents: readdirSync(join(folder, 'docs')).map((name) => ({
      id: name,
      name,
      title: undefined,
      extract: async () => paragraphs(readFileSync(join(folder, 'docs', name), 'utf8')),
    })),
    evidence: lines(join(folder, 'questions.jsonl')).map((line) => {
      const { question, doc, references } = JSON.parse(line) as { question: string; doc: string; references: { start: number; end: number }[] }
      return { question, document: doc, ranges: references }
    }),
  }
}

function plainText(text: string, title: string | undefined): ExtractedText {
  const out = textBuilder(EXTRACT_LIMITS.characters)
  out.title = title
  for (const paragraph of text.split(/\n{2,}/)) out.add('paragraph', paragraph)
  return out.finish('text/plain')
}

/** The text as it is, one block per paragraph. */
function paragraphs(text: string): ExtractedText {
  const blocks = [...text.matchAll(/[^\n]+(?:\n[^\n]+)*/g)].map((match) => ({
    kind: 'paragraph' as const,
    start: match.index,
    end: match.index + match[0].length,
    headingPath: [],
  }))
  return { text, blocks, pages: [], mediaType: 'text/plain', title: undefined, properties: {}, warnings: [] }
}

async function extractedFile(path: string): Promise<ExtractedText> {
  const content = readFileSync(path)
  const file = {
    name: basename(path),
    size: content.length,
    bytes: () => content,
    at: (offset: number, length: number) => content.subarray(offset, offset + length),
  }
  const nothing = () => undefined
  const result = await extractFile(file, extname(path) === '.pdf' ? 'application/pdf' : '', EXTRACT_LIMITS, {
    progress: nothing,
    entryStart: nothing,
    entryData: nothing,
    entryEnd: nothing,
    entryBroken: nothing,
  })
  if (result.kind === 'archive') throw new Error(`${path} is an archive`)
  return result.extracted
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').trim().split('\n')
}

function judgements(path: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const found = new Map<string, Map<string, number>>()
  for (const line of lines(path)) {
    const [question, document, grade] = line.split('\t')
    if (question === undefined || document === undefined || !Number.isFinite(Number(grade))) continue
    const grades = found.get(question) ?? new Map<string, number>()
    found.set(question, grades.set(document, Number(grade)))
  }
  return found
}

function judged(
  questions: readonly { readonly _id: string; readonly text: string }[],
  judgement: ReadonlyMap<string, ReadonlyMap<string, number>>,
): SetQuestion[] {
  return questions.flatMap(({ _id, text }) => {
    const relevant = judgement.get(_id)
    return relevant !== undefined && [...relevant.values()].some((grade) => grade > 0) ? [{ id: _id, text, relevant }] : []
  })
}
