import type { Reply } from 'quarry-engine/client'

/** A stored message; those of visitors have the same form. */
export type Message = Reply<'getConversation'>['messages'][number]
/** Its places are null where it is told to strangers who may see no more than the quote. */
export type Citation = Message['citations'][number]
export type Sentence = Message['sentences'][number]
export type Found = Message['nearest'][number]
export type Feedback = Message['feedback']
export type SharedCitation = Reply<'openLink'>['messages'][number]['citations'][number]

/** The question stands at the beginning, not behind an answer. */
export const START = 'start'
