import type { z } from 'zod'
import type {
  conversationReply,
  conversationRoutes,
  feedbackReply,
  keptCitation,
  messageReply,
  plainPassage,
  sentenceReply,
  visitorConversation,
} from '../api/conversations.ts'
import type { publicRoutes } from '../api/public.ts'
import type { publicationReply } from '../api/publications.ts'
import { text } from '../api/reference-page.ts'
import type { EventOf, ReplyOf } from '../api/route.ts'
import type { Citation, SentenceCheck } from '../domain/answer.ts'
import type { Conversation, ConversationLink, Feedback, NearPassage, PlacedMessage } from '../domain/conversation.ts'
import { AppError } from '../domain/errors.ts'
import type { Publication } from '../domain/publication.ts'
import type { TalkEvent } from '../flows/converse.ts'
import { usdOf } from './money.ts'
import { iso, presentProblem } from './present.ts'
import { appErrorOf } from './problems.ts'

// Conversations and published chats, chosen field by field. Strangers are told less: what they may not open has no ids, no
// path, and what fails on our side has no facts.

/** `open`: the reader may open the documents themselves. */
export function presentKept(citation: Citation, open: boolean): z.input<typeof keptCitation> {
  return {
    number: citation.number,
    database_id: open ? citation.databaseId : null,
    document_id: open ? citation.documentId : null,
    revision: open ? citation.revision : null,
    chunk_id: open ? citation.chunkId : null,
    external_id: open ? citation.externalId : null,
    start: open ? citation.start : null,
    end: open ? citation.end : null,
    name: open ? citation.name : bareName(citation.name),
    page: citation.page ?? null,
    heading_path: [...citation.headingPath],
    quote: citation.quote,
    verdict: citation.verdict,
    reason: citation.reason ?? null,
  }
}

/** Tells nothing that the answer and its citations do not tell. */
export function presentSentence({ start, end, verdict, citations, reason }: SentenceCheck): z.input<typeof sentenceReply> {
  return { start, end, verdict, citations: [...citations], reason: reason ?? null }
}

/** Folders of whoever uploaded it are nobody else's business. */
export function bareName(name: string): string {
  return name.split(/[/\\]/).findLast((part) => part !== '') ?? name
}

/** Who reads a message: its documents may be open to them, and strangers are not told what wrote it. */
export interface Reader {
  readonly open: boolean
  readonly stranger: boolean
}

export function presentMessage(message: PlacedMessage, { open, stranger }: Reader): z.input<typeof messageReply> {
  const { usage, mode } = message
  return {
    id: message.id,
    parent_id: message.parentId ?? null,
    versions: [...message.versions],
    role: message.role,
    text: message.text,
    answered: message.answered ?? null,
    citations: message.citations.map((citation) => presentKept(citation, open)),
    sentences: message.sentences.map(presentSentence),
    nearest: open ? message.nearest.map(presentPlain) : [],
    writer: stranger ? null : (message.writer ?? null),
    mode: stranger ? null : (mode?.mode ?? null),
    model: stranger || mode?.mode !== 'hybrid' ? null : mode.model,
    usage: stranger || usage === undefined ? null : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
    cost_usd: stranger ? null : usdOf(message.cost),
    trace_id: stranger ? null : (message.traceId ?? null),
    feedback: presentFeedback(message.feedback),
    created_at: iso(message.createdAt),
  }
}

export function presentFeedback(feedback: Feedback | undefined): z.input<typeof feedbackReply> {
  return { rating: feedback?.rating ?? null, comment: feedback?.comment ?? null }
}

/** To whoever has the link: quotes, and no way into the documents. */
export function presentShared(link: ConversationLink, messages: readonly PlacedMessage[]): ReplyOf<(typeof conversationRoutes)['openLink']> {
  return {
    title: link.title,
    shared_at: iso(link.createdAt),
    expires_at: link.expiresAt === undefined ? null : iso(link.expiresAt),
    messages: messages.map(({ role, text, answered, citations, sentences, createdAt }) => ({
      role,
      text,
      answered: answered ?? null,
      citations: citations.map((citation) => {
        const { number, name, page, heading_path, quote, verdict, reason } = presentKept(citation, false)
        return { number, name, page, heading_path, quote, verdict, reason }
      }),
      sentences: sentences.map(presentSentence),
      created_at: iso(createdAt),
    })),
  }
}

export function presentVisitorConversation(conversation: Conversation): z.input<typeof visitorConversation> {
  return {
    id: conversation.id,
    title: conversation.title,
    messages: conversation.messages,
    created_at: iso(conversation.createdAt),
    updated_at: iso(conversation.updatedAt),
    delete_at: conversation.deleteAt === undefined ? null : iso(conversation.deleteAt),
  }
}

/** Of one that was taken over from a visitor the databases are somebody else's: their ids are not told. */
export function presentConversation(conversation: Conversation): z.input<typeof conversationReply> {
  const { link } = conversation
  return {
    ...presentVisitorConversation(conversation),
    databases: isOwn(conversation) ? [...conversation.databaseIds] : [],
    link: link === undefined ? null : { created_at: iso(link.createdAt), expires_at: link.expiresAt === undefined ? null : iso(link.expiresAt) },
  }
}

export function isOwn(conversation: Conversation): boolean {
  return conversation.publicationId === undefined
}

export function presentPublication(publication: Publication, publicUrl: string, now: number): z.input<typeof publicationReply> {
  const page = `${publicUrl}/embed/${publication.id}`
  return {
    id: publication.id,
    title: publication.title,
    greeting: publication.greeting ?? null,
    databases: [...publication.databaseIds],
    origins: [...publication.origins],
    sources: publication.sources,
    guard: { ...publication.guard },
    voice: publication.voice ?? null,
    strictness: publication.strictness ?? null,
    keep_days: publication.keepDays,
    plan_id: publication.planId ?? null,
    state: publication.revokedAt !== undefined ? 'revoked' : publication.expiresAt !== undefined && publication.expiresAt <= now ? 'expired' : 'open',
    created_at: iso(publication.createdAt),
    expires_at: publication.expiresAt === undefined ? null : iso(publication.expiresAt),
    revoked_at: publication.revokedAt === undefined ? null : iso(publication.revokedAt),
    feedback: publication.feedback,
    page,
    script: `<script src="${text(page)}.js" async></script>`,
    iframe: `<iframe src="${text(page)}" title="${text(publication.title)}" width="400" height="600"></iframe>`,
  }
}

function presentPlain({ databaseId, documentId, name, headingPath, pages, text, start, end }: NearPassage): z.input<typeof plainPassage> {
  return {
    database_id: databaseId,
    document_id: documentId,
    name,
    heading_path: [...headingPath],
    pages: pages === undefined ? null : ([pages[0], pages[1]] satisfies [number, number]),
    text,
    start,
    end,
  }
}

export function presentForStranger({ conversationId, event, stored }: TalkEvent, sources: Publication['sources']): EventOf<(typeof publicRoutes)['publicAsk']> {
  const open = sources === 'documents'
  switch (event.type) {
    case 'answer-start':
      return { event: event.type, data: { conversation_id: conversationId } }
    case 'answer-step':
      return { event: event.type, data: { step: event.step } }
    case 'passages-found':
      return { event: event.type, data: { passages: open ? event.passages.map(presentPlain) : [] } }
    case 'text-delta':
      return { event: event.type, data: { text: event.text } }
    case 'citation-found':
      return { event: event.type, data: { citation: presentKept(event.citation, open) } }
    case 'sentence-checked':
      return { event: event.type, data: { sentence: presentSentence(event.sentence) } }
    case 'answer-end':
      return {
        event: event.type,
        data: {
          answered: event.answered,
          text: event.text,
          citations: event.citations.map((citation) => presentKept(citation, open)),
          sentences: event.sentences.map(presentSentence),
          question_id: stored?.questionId ?? '',
          answer_id: stored?.answerId ?? '',
        },
      }
    case 'answer-error':
      return { event: event.type, data: { error: presentProblem(forStranger(new AppError(event.error.code, event.error.facts)).body(), false) } }
  }
}

/** What a stranger is told of a fault: names of models, databases and budgets stay home; how long to wait does not. */
export function forStranger(fault: unknown): AppError {
  const error = appErrorOf(fault)
  const ours = /^(?:database|model|store|vectors|limit|internal|document|version)\b/.test(error.code)
  if (!ours) return error
  const { retry_after } = error.facts
  return new AppError(error.code, retry_after === undefined ? {} : { retry_after }, error)
}
