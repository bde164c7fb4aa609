import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { bytes, columnsOf, duration, paint, plural, printable, quoted, say, wrap } from './show.ts'
import { fit } from './width.ts'
import { hintOf, sentenceOf, type Told } from './words.ts'

type Document = ReplyOf<Routes['getDocument']>

export interface Problem extends Told {
  readonly name: string
}

/** Names told of one reason; the rest is counted. */
const MOST_NAMES = 8

/** Prints to stderr what became of an upload: counts, warnings, and failures by reason. */
export function printSummary(told: {
  readonly documents: readonly Document[]
  readonly refused: readonly Problem[]
  readonly size: number // bytes
  readonly took: number // ms
  readonly name: string
  readonly command: string
}): { readonly failed: number; readonly indexed: number } {
  const { documents, refused, command } = told
  const ready = documents.filter((document) => document.state === 'ready' && document.error === null)
  const problems: Problem[] = [...documents.flatMap(({ external_id: name, error }) => (error === null ? [] : [{ name, ...error }])), ...refused]
  const chunks = ready.reduce((sum, document) => sum + document.chunks, 0)
  console.error(
    `\n${paint('bold', plural(ready.length, 'document'), process.stderr)} indexed, ${plural(chunks, 'chunk')}, ${bytes(told.size)} in ${duration(told.took)}`,
  )
  printGroups(
    documents.flatMap(({ external_id: name, warnings }) => warnings.map((warning) => [printable(warning), name] as const)),
    (count) => paint('yellow', `${plural(count, 'document')} with a warning:`, process.stderr),
  )
  printGroups(
    problems.map((problem) => [`${sentenceOf(problem)}\n${hintOf(problem, command)}`, problem.name] as const),
    (count) => paint('red', `${plural(count, 'file')} could not be read:`, process.stderr),
  )
  if (problems.length > MOST_NAMES) say(`All of them: ${command} documents ${quoted(told.name)} --failed`)
  return { failed: problems.length, indexed: ready.length }
}

/** Pairs of reason and name, by reason. The first line of a reason is told plainly, others dimmed. */
function printGroups(pairs: readonly (readonly [reason: string, name: string])[], headline: (names: number) => string): void {
  if (pairs.length === 0) return
  const groups = new Map<string, string[]>()
  for (const [reason, name] of pairs) groups.set(reason, [...(groups.get(reason) ?? []), name])
  console.error(`\n${headline(new Set(pairs.map(([, name]) => name)).size)}`)
  const room = columnsOf(process.stderr) - 6
  for (const [reason, names] of groups) {
    const [says = '', ...hints] = reason.split('\n')
    say(says, '  ')
    for (const hint of hints) console.error(paint('dim', process.stderr.isTTY ? wrap(hint, '  ', process.stderr) : `  ${hint}`, process.stderr))
    for (const name of names.slice(0, MOST_NAMES)) console.error(`    ${fit(printable(name), room)}`)
    if (names.length > MOST_NAMES) console.error(`    and ${names.length - MOST_NAMES} more`)
  }
}
