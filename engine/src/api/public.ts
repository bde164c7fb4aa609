import { z } from 'zod'
import { done } from './account-schemas.ts'
import {
  branchQuery,
  feedbackBody,
  feedbackReply,
  keptCitation,
  messageReply,
  parentField,
  plainPassage,
  sentenceReply,
  storedIds,
  visitorConversation,
} from './conversations.ts'
import { TEXT_WINDOW } from './documents.ts'
import { route } from './route.ts'
import { errorBody, listQuery, nextCursor, offset, time } from './schemas.ts'
import { answerStep, suggestionsQuery, suggestionsReply } from './search.ts'

const resource = 'Published chats, for visitors'

const sources = z.enum(['quotes', 'documents'])

/** Shared with the route that reads an answer again. */
export const visitorAnswerEvents = {
  kind: 'events',
  live: 'asks',
  events: {
    'answer-start': z.object({ conversation_id: z.string() }),
    'answer-step': answerStep,
    'passages-found': z.object({ passages: z.array(plainPassage) }),
    'text-delta': z.object({ text: z.string() }),
    'citation-found': z.object({ citation: keptCitation }),
    'sentence-checked': z.object({ sentence: sentenceReply }),
    'answer-end': z.object({
      answered: z.boolean(),
      text: z.string(),
      citations: z.array(keptCitation),
      sentences: z.array(sentenceReply),
      ...storedIds,
    }),
    'answer-error': z.object({ error: errorBody }),
  },
  last: ['answer-end', 'answer-error'],
  failure: 'answer-error',
} as const

export const publicRoutes = {
  publicChat: route({
    method: 'GET',
    path: '/api/v1/public/{publication}',
    resource,
    says: 'Tells what a published chat is called and what its visitors may read.',
    allow: 'anyone',
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ title: z.string(), greeting: z.string().nullable(), sources }).meta({ id: 'PublicChat' }),
    },
    errors: ['publication/not-found'],
  }),
  startVisit: route({
    method: 'POST',
    path: '/api/v1/public/{publication}/visits',
    resource,
    says: 'Begins a visit: gives the token that a visitor keeps; nothing is stored until a question is asked.',
    allow: 'anyone',
    secret: true,
    reply: {
      kind: 'json',
      status: 201,
      schema: z.object({ token: z.string().describe('Send it as "Authorization: Bearer …"'), expires_at: time }).meta({ id: 'Visit' }),
    },
    errors: ['publication/not-found', 'limit/rate'],
  }),
  publicAsk: route({
    method: 'POST',
    path: '/api/v1/public/{publication}/ask',
    resource,
    says: 'Answers a question of a visitor, as a stream, in a conversation that is kept for the next visit.',
    details:
      'Question and answer are kept together once the answer has ended; one that was broken off is not. With "quotes" as sources no passages are told, and citations carry no ids.',
    allow: 'visitor',
    body: z.strictObject({
      question: z.string().trim().min(1).max(4000),
      conversation: z.string().min(1).max(100).default('new').describe('"new", or the id of a conversation of this visitor'),
      parent: parentField,
    }),
    reply: visitorAnswerEvents,
    errors: ['publication/not-found', 'conversation/not-found', 'message/not-found', 'model/unavailable', 'model/refused', 'limit/spend'],
    example: { question: 'How do I request leave?' },
  }),
  visitorConversations: route({
    method: 'GET',
    path: '/api/v1/public/{publication}/conversations',
    resource,
    says: 'Lists the conversations of a visitor, last changed first.',
    allow: 'visitor',
    query: z.strictObject(listQuery),
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ conversations: z.array(visitorConversation), next_cursor: nextCursor }).meta({ id: 'VisitorConversationList' }),
    },
    errors: ['publication/not-found'],
  }),
  visitorConversation: route({
    method: 'GET',
    path: '/api/v1/public/{publication}/conversations/{conversation}',
    resource,
    says: 'Gives a conversation of a visitor with the messages of one branch in order.',
    allow: 'visitor',
    query: z.strictObject(branchQuery),
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ conversation: visitorConversation, messages: z.array(messageReply) }).meta({ id: 'VisitorConversationWithMessages' }),
    },
    errors: ['publication/not-found', 'conversation/not-found', 'message/not-found'],
  }),
  removeVisitorConversation: route({
    method: 'DELETE',
    path: '/api/v1/public/{publication}/conversations/{conversation}',
    resource,
    says: 'Deletes a conversation of a visitor, at once.',
    allow: 'visitor',
    audit: { action: 'conversation.remove', target: { parameter: 'conversation' } },
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['publication/not-found', 'conversation/not-found'],
  }),
  setVisitorFeedback: route({
    method: 'PUT',
    path: '/api/v1/public/{publication}/conversations/{conversation}/messages/{message}/feedback',
    resource,
    says: 'Says whether an answer was good; the owner of the chat sees how many were, and no more.',
    allow: 'visitor',
    body: feedbackBody,
    reply: { kind: 'json', status: 200, schema: feedbackReply },
    errors: ['publication/not-found', 'conversation/not-found', 'message/not-found'],
    example: { rating: 'down' },
  }),
  publicSuggestions: route({
    method: 'GET',
    path: '/api/v1/public/{publication}/suggestions',
    resource,
    says: 'Gives questions that the documents behind a published chat answer.',
    allow: 'visitor',
    query: suggestionsQuery,
    reply: { kind: 'json', status: 200, schema: suggestionsReply },
    errors: ['publication/not-found'],
  }),
  publicText: route({
    method: 'GET',
    path: '/api/v1/public/{publication}/documents/{database}/{document}/text',
    resource,
    says: 'Gives a range of the text of a document, when the sources of the chat are its documents.',
    details: `At most ${TEXT_WINDOW} characters at once. The ids are those of citations.`,
    allow: 'visitor',
    query: z.strictObject({ start: z.coerce.number().int().min(0).default(0), end: z.coerce.number().int().min(0).optional() }),
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ name: z.string(), text: z.string(), start: offset, end: offset, characters: z.int() }).meta({ id: 'PublicText' }),
    },
    errors: ['publication/not-found', 'document/not-found', 'blob/not-found'],
  }),
  removeVisitor: route({
    method: 'DELETE',
    path: '/api/v1/public/{publication}/visitor',
    resource,
    says: 'Deletes everything that is kept of a visitor, at once.',
    allow: 'visitor',
    audit: { action: 'visitor.remove' },
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['publication/not-found'],
  }),
  chatPage: route({
    method: 'GET',
    path: '/embed/{publication}',
    resource,
    says: 'The chat as a page, to be opened or put into an iframe.',
    allow: 'anyone',
    reply: { kind: 'page', mediaType: 'text/html; charset=utf-8' },
    errors: ['publication/not-found'],
  }),
  chatScript: route({
    method: 'GET',
    path: '/embed/{publication}.js',
    resource,
    says: 'A script that puts a button which opens the chat into a page.',
    allow: 'anyone',
    reply: { kind: 'page', mediaType: 'text/javascript; charset=utf-8' },
    errors: ['publication/not-found'],
  }),
} as const
