import { DEFAULT_CHUNK_SIZE } from '../src/domain/database.ts'
import { type EvaluationSet, evidenceSet, LANGUAGES, reportSet, type SetDocument, setsPresent, textSet } from './sets.ts'

export interface Found {
  readonly document: string
  readonly start: number
  readonly end: number
}

/** What the bench asks of a search: documents in, ranked passages out. */
export interface Retrieval {
  readonly chunks: number
  search(question: string, n: number): Promise<readonly Found[]>
  close(): Promise<void>
}
export type OpenRetrieval = (documents: readonly SetDocument[]) => Promise<Retrieval>

interface Measures {
  readonly ndcg10: number
  readonly recall5: number
  readonly recall100: number
}

/** Documents are ranked by their best passage. Measures as trec_eval has them, averaged over the questions. */
export async function measure(set: EvaluationSet, open: OpenRetrieval): Promise<Measures> {
  const retrieval = await open(set.documents)
  let [ndcg10, recall5, recall100] = [0, 0, 0]
  for (const { id, text, relevant } of set.questions) {
    const found = await retrieval.search(text, 400)
    const grades = [...new Set(found.map(({ document }) => document))].filter((document) => document !== id).map((document) => relevant.get(document) ?? 0)
    const ideal = [...relevant.values()].filter((grade) => grade > 0).sort((a, b) => b - a)
    ndcg10 += gain(grades) / gain(ideal)
    recall5 += grades.slice(0, 5).filter((grade) => grade > 0).length / ideal.length
    recall100 += grades.slice(0, 100).filter((grade) => grade > 0).length / ideal.length
  }
  await retrieval.close()
  const count = set.questions.length
  return { ndcg10: ndcg10 / count, recall5: recall5 / count, recall100: recall100 / count }
}

function gain(grades: readonly number[]): number {
  return grades.slice(0, 10).reduce((sum, grade, rank) => sum + Math.max(0, grade) / Math.log2(rank + 2), 0)
}

/** Share of the evidence that the first `n` passages hold, and of all that they hold how much is evidence. */
export async function measureEvidence(open: OpenRetrieval, n: number): Promise<{ readonly recall: number; readonly iou: number }> {
  const { documents, evidence } = evidenceSet()
  const retrieval = await open(documents)
  let [recall, iou] = [0, 0]
  for (const { question, document, ranges } of evidence) {
    const found = await retrieval.search(question, n)
    const wanted = characters(ranges)
    const held = characters(found.filter((passage) => passage.document === document))
    let both = 0
    for (const at of wanted) if (held.has(at)) both += 1
    const elsewhere = found.filter((passage) => passage.document !== document).reduce((sum, { start, end }) => sum + end - start, 0)
    recall += both / wanted.size
    iou += both / (wanted.size + held.size + elsewhere - both)
  }
  await retrieval.close()
  return { recall: recall / evidence.length, iou: iou / evidence.length }
}

function characters(ranges: readonly { readonly start: number; readonly end: number }[]): Set<number> {
  const found = new Set<number>()
  for (const { start, end } of ranges) for (let at = start; at < end; at++) found.add(at)
  return found
}

/** [set, plain BM25 nDCG@10, the measure that is promised] */
const TEXT_SETS: readonly (readonly [folder: string, plain: string, promised: string])[] = [
  ['scifact', '0.678', 'nDCG@10 0.70, recall@100 0.925'],
  ['multihop/musique-100', '0.536', 'recall@5 0.50'],
  ['multihop/hotpotqa-100', '0.787', 'recall@5 0.79'],
]
const PLAIN_XQUAD: Readonly<Record<(typeof LANGUAGES)[number], string>> = {
  en: '0.957',
  ar: '0.884',
  de: '0.916',
  el: '0.910',
  es: '0.948',
  hi: '0.945',
  ro: '0.920',
  ru: '0.871',
  th: '0.918',
  tr: '0.861',
  vi: '0.955',
  zh: '0.967',
}
const PROMISED_XQUAD: Readonly<Record<string, string>> = { en: '0.965', zh: '0.965', de: '0.916', ar: '0.884', tr: '0.86', hi: '0.94' }

/** Retrieval quality with one setting for all sets, as Markdown. */
export async function run(open: OpenRetrieval): Promise<string> {
  if (!setsPresent()) return 'The evaluation sets are not here: retrieval quality was not measured.\n'
  const rows: string[] = []
  const add = async (set: EvaluationSet, plain: string, promised: string) => {
    const { ndcg10, recall5, recall100 } = await measure(set, open)
    rows.push(`| ${[set.name, set.questions.length, figure(ndcg10), figure(recall5), figure(recall100), plain, promised].join(' | ')} |`)
  }
  for (const [folder, plain, promised] of TEXT_SETS) await add(textSet(folder), plain, promised)
  await add(textSet('scifact', 'train'), '0.697', '')
  for (const language of LANGUAGES) await add(textSet(`xquad/${language}`), PLAIN_XQUAD[language], `nDCG@10 ${PROMISED_XQUAD[language] ?? 'reported'}`)
  await add(reportSet(), '0.822', 'nDCG@10 0.82')
  const evidence = await measureEvidence(open, 5)
  return [
    '| set | questions | nDCG@10 | recall@5 | recall@100 | plain BM25 nDCG@10 | promised |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    '| chunking-eval, top 5 passages | evidence recall | IoU |',
    '|---|---|---|',
    `| here, ${DEFAULT_CHUNK_SIZE} tokens | ${figure(evidence.recall)} | ${figure(evidence.iou)} |`,
    '| plain BM25, 1,200 characters | 0.902 | 0.040 |',
    '| plain BM25, 800 characters | 0.857 | 0.056 |',
    '| text-embedding-3-large, 1,200 characters (published) | 0.809 | 0.177 |',
    '',
  ].join('\n')
}

function figure(value: number): string {
  return value.toFixed(4)
}
