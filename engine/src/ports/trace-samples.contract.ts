import type { AnswerTrace } from '../domain/trace.ts'

let made = 0
/** Of an answer that a model wrote; each with another id. */
export const newTrace = (accountId: string, more: Partial<AnswerTrace> = {}): AnswerTrace => {
  made += 1
  return {
    ...{ id: (made * 7919).toString(16).padStart(32, '0'), accountId },
    ...{ visitorId: undefined, publicationId: undefined, conversationId: undefined, answerId: undefined, databaseIds: [] },
    ...{ question: 'How do I request leave?', startedAt: 1_000_000, ms: 12.5, outcome: 'answered', writer: 'openai:gpt-x' },
    steps: [{ node: 'retrieve', startedAt: 1_000_001, ms: 3, note: undefined }],
    searches: [],
    calls: [
      {
        ...{ purpose: 'write', model: 'openai:gpt-x', system: 'Answer.', messages: [{ role: 'user', text: 'How?' }], reply: 'So. [1]' },
        ...{ startedAt: 1_000_004, msToFirst: 2, ms: 8, usage: { inputTokens: 3, outputTokens: 2 }, cost: 7, error: undefined },
      },
    ],
    sentences: [{ text: 'So.', verdict: 'verified', citations: [1], reason: undefined }],
    text: 'So. [1]',
    usage: { inputTokens: 3, outputTokens: 2 },
    cost: 7,
    error: undefined,
    settings: { n: 8, voice: 'short', strict: true },
    ...more,
  }
}
