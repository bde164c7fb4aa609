'use client'
import { type ComponentProps, memo, use, useMemo } from 'react'
import Markdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { ANSWER } from '../strings/chat.ts'
import { isBeyondReading, splitBlocks } from './answer-blocks.ts'
import { AnswerContext } from './answer-context.ts'
import { addressToFollow, splitMarks } from './answer-marks.ts'
import { type DoubtedRange, harmlessTree, type MarkdownNode } from './answer-tree.ts'

/** Loaded by AnswerText when there is something to draw. */
export function AnswerMarkdown({ text, doubted = NONE }: { readonly text: string; readonly doubted?: readonly DoubtedRange[] }) {
  const blocks = useMemo(() => blocksOf(text, doubted), [text, doubted])
  return (
    <div dir="auto" className="grid grid-cols-[minmax(0,1fr)] gap-3 leading-7">
      {blocks.map((block, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a text grows at its end, so that the place of a block is what it is
        <Block key={at} {...block} />
      ))}
    </div>
  )
}

const NONE: readonly DoubtedRange[] = []

/** The doubted ranges of a block are told as text, so that a block whose own did not change is not drawn anew. */
function blocksOf(text: string, doubted: readonly DoubtedRange[]): readonly { readonly text: string; readonly doubted: string }[] {
  let from = 0
  return splitBlocks(text).map((block) => {
    const [start, end] = [from, from + block.length]
    from = end
    const inside = doubted
      .filter((range) => range.start < end && range.end > start)
      .map((range) => ({ ...range, start: Math.max(0, range.start - start), end: Math.min(block.length, range.end - start) }))
    return { text: block, doubted: inside.length === 0 ? '' : JSON.stringify(inside) }
  })
}

const Block = memo(function Block({ text, doubted }: { readonly text: string; readonly doubted: string }) {
  const plugins = useMemo(() => pluginsFor(doubted), [doubted])
  if (isBeyondReading(text)) {
    return (
      <p className="whitespace-pre-wrap">
        {splitMarks(text).map((part, at) =>
          typeof part === 'string' ? (
            part
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name
            <Mark key={at} data-mark={String(part)}>{`[${part}]`}</Mark>
          ),
        )}
      </p>
    )
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3 empty:hidden">
      <Markdown remarkPlugins={plugins} components={PARTS} urlTransform={(url) => url}>
        {text}
      </Markdown>
    </div>
  )
})

/** A plugin of the Markdown reader; its types are wider than what it does. */
function harmlessWith(doubted: readonly DoubtedRange[]) {
  return () => (tree: object, file: { toString(): string }) => harmlessTree(tree as MarkdownNode, file.toString(), doubted) as never
}
const PLUGINS = [remarkGfm, harmlessWith(NONE)]
const pluginsFor = (doubted: string) => (doubted === '' ? PLUGINS : [remarkGfm, harmlessWith(JSON.parse(doubted) as DoubtedRange[])])

type Given<Tag extends 'p' | 'a' | 'sup' | 'mark' | 'pre' | 'table' | 'th' | 'td'> = ComponentProps<Tag> & { readonly node?: unknown }

const PARTS: Components = {
  p: Paragraph,
  a: Address,
  sup: Mark,
  mark: Doubt,
  pre: ({ children }: Given<'pre'>) => (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-lg border border-line bg-sunken p-3 font-mono text-[13px] leading-relaxed [&>code]:p-0 [&>code]:text-[1em]"
    >
      {children}
    </pre>
  ),
  code: ({ children }) => <code className="rounded bg-sunken px-1 font-mono text-[0.9em]">{children}</code>,
  ul: ({ children }) => <ul className="grid list-disc gap-1 pl-6">{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className="grid list-decimal gap-1 pl-6">
      {children}
    </ol>
  ),
  li: ({ children }) => <li>{children}</li>,
  blockquote: ({ children }) => <blockquote className="grid gap-2 border-l-4 border-line pl-3 text-soft">{children}</blockquote>,
  hr: () => <hr className="border-line" />,
  table: ({ children }: Given<'table'>) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <figure tabIndex={0} aria-label={ANSWER.table} className="overflow-x-auto">
      <table className="border-collapse text-sm leading-6">{children}</table>
    </figure>
  ),
  th: ({ children, style }: Given<'th'>) => (
    <th scope="col" style={style} className="border border-line bg-sunken px-2 py-1 text-left font-semibold">
      {children}
    </th>
  ),
  td: ({ children, style }: Given<'td'>) => (
    <td style={style} className="border border-line px-2 py-1 align-top">
      {children}
    </td>
  ),
}

/** Lines stay lines: rows and lists that were quoted from a document have no other form. */
function Paragraph({ children, 'data-heading': heading }: Given<'p'> & { readonly 'data-heading'?: string }) {
  return <p className={heading === undefined ? 'whitespace-pre-line' : 'whitespace-pre-line text-base font-semibold'}>{children}</p>
}

function Address({ href = '', children }: Given<'a'>) {
  const address = addressToFollow(href)
  if (address === undefined) return <>{children}</>
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline underline-offset-2">
      {children}
    </a>
  )
}

/** Words of a sentence that its sources do not support. */
function Doubt({ children, 'data-sentence': sentence }: Given<'mark'> & { readonly 'data-sentence'?: string }) {
  const { reasons } = use(AnswerContext)
  return (
    <mark title={reasons.get(Number(sentence ?? 'none'))} className="bg-transparent text-inherit underline decoration-bad decoration-wavy underline-offset-4">
      {children}
    </mark>
  )
}

const MARK_LOOKS = {
  verified: 'border-solid border-accent text-accent',
  weak: 'border-dashed border-warn text-warn',
  unsupported: 'border-dotted border-bad text-bad',
} as const

/** The number of a citation, as a button that opens it. A number that no citation has stays what was written. */
function Mark({ children, 'data-mark': mark }: Given<'sup'> & { readonly 'data-mark'?: string }) {
  const { citations, onCite, openNumber } = use(AnswerContext)
  const number = Number(mark ?? 'none')
  const citation = citations.get(number)
  if (citation === undefined) return <>{children}</>
  const { name, page, verdict } = citation
  const label = ANSWER.mark(number, name, page, ANSWER.verdicts[verdict])
  const shown = `${number}${ANSWER.verdictSigns[verdict]}`
  const look = `mx-0.5 inline-flex h-6 min-w-6 items-center justify-center rounded-full border px-1.5 align-baseline text-xs font-semibold leading-none ${MARK_LOOKS[verdict]}`
  if (onCite === undefined) {
    return (
      <sup className={look}>
        <span className="sr-only">{label}</span>
        <span aria-hidden="true">{shown}</span>
      </sup>
    )
  }
  return (
    <sup className="top-0 align-baseline">
      <button
        type="button"
        aria-label={label}
        aria-expanded={openNumber === number}
        title={label}
        onClick={(event) => onCite(number, event.currentTarget)}
        className={`${look} hover:bg-accent-soft aria-expanded:border-solid aria-expanded:border-accent aria-expanded:bg-accent aria-expanded:text-on-accent`}
      >
        {shown}
      </button>
    </sup>
  )
}
