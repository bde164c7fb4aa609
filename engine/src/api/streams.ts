import { z } from 'zod'
import { done } from './account-schemas.ts'
import { visitorAnswerEvents } from './public.ts'
import { route } from './route.ts'
import { time } from './schemas.ts'
import { ASK_ERRORS, answerEvents, askFields, keepsOneHistory } from './search.ts'

const resource = 'Live streams'

/** How long a ticket for a WebSocket counts. */
export const LIVE_TICKET_SECONDS = 30

const after = z.strictObject({
  after: z.coerce.number().int().min(0).max(1_000_000_000).optional().describe('Number of the last event that was read; instead of the header Last-Event-ID'),
})
const ticket = z.object({ ticket: z.string().describe('Counts once'), expires_at: time }).meta({ id: 'LiveTicket' })

const RESUMED =
  'The answer must have been asked for with "quarry-resume: on" or over a WebSocket, by the same account, key or visitor. Events after the one that is named come without gap or repeat, then the answer goes on live; 204 when nothing comes after it. It can be read for five minutes after its end, on any process of the server.'
const SOCKET =
  'The first message, {"v": 1, "type": "hello", "ticket": …}, or the subprotocol "ticket.TICKET" beside "quarry.v1", says who asks. The messages are listed in docs/manual/http.md.'

/** What `useChat` sends. Parts that are no text are of use to the page alone. */
const uiMessage = z.strictObject({
  id: z.string().max(200).optional(),
  role: z.enum(['system', 'user', 'assistant']),
  metadata: z.unknown().optional(),
  parts: z.array(z.looseObject({ type: z.string().max(100), text: z.string().max(20_000).optional() })).max(1000),
})

const socket = {
  details: SOCKET,
  allow: 'anyone',
  reply: { kind: 'socket', says: 'The connection becomes a WebSocket.' },
  errors: ['request/upgrade-needed', 'auth/foreign-origin', 'limit/streams'],
} as const

export const streamRoutes = {
  resumeStream: route({
    method: 'GET',
    path: '/api/v1/streams/{stream}',
    resource,
    says: 'Reads an answer on after its connection was cut.',
    details: RESUMED,
    allow: 'caller',
    query: after,
    reply: { ...answerEvents, live: 'replays' },
    errors: ['stream/not-found'],
  }),
  stopStream: route({
    method: 'DELETE',
    path: '/api/v1/streams/{stream}',
    resource,
    says: 'Stops an answer: nothing of it is kept, and whoever reads it is told.',
    allow: 'caller',
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['stream/not-found'],
  }),
  resumeVisitorStream: route({
    method: 'GET',
    path: '/api/v1/public/{publication}/streams/{stream}',
    resource,
    says: 'Reads an answer to a visitor on after its connection was cut.',
    details: RESUMED,
    allow: 'visitor',
    query: after,
    reply: { ...visitorAnswerEvents, live: 'replays' },
    errors: ['publication/not-found', 'stream/not-found'],
  }),
  stopVisitorStream: route({
    method: 'DELETE',
    path: '/api/v1/public/{publication}/streams/{stream}',
    resource,
    says: 'Stops an answer to a visitor.',
    allow: 'visitor',
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['publication/not-found', 'stream/not-found'],
  }),
  liveTicket: route({
    method: 'POST',
    path: '/api/v1/live-tickets',
    resource,
    says: `Gives a ticket that opens one WebSocket within ${LIVE_TICKET_SECONDS} seconds, in the name of whoever asks for it.`,
    details: 'A browser cannot send a header when it opens a WebSocket, and an address is written to logs: so the ticket goes into the first message.',
    allow: 'caller',
    secret: true,
    reply: { kind: 'json', status: 201, schema: ticket },
    errors: [],
  }),
  visitorLiveTicket: route({
    method: 'POST',
    path: '/api/v1/public/{publication}/live-tickets',
    resource,
    says: 'Gives a visitor a ticket that opens one WebSocket.',
    allow: 'visitor',
    secret: true,
    reply: { kind: 'json', status: 201, schema: ticket },
    errors: ['publication/not-found'],
  }),
  live: route({
    method: 'GET',
    path: '/api/v1/live',
    resource,
    says: 'A WebSocket for several answers at once, with the same events as the routes that stream.',
    ...socket,
  }),
  publicLive: route({
    method: 'GET',
    path: '/api/v1/public/{publication}/live',
    resource,
    says: 'The same for visitors of a published chat.',
    ...socket,
  }),
  uiMessages: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/ui-messages',
    resource,
    says: 'Answers the last message of a chat of the AI SDK, in the stream format that `useChat` reads.',
    details:
      'Earlier messages are the history, unless a conversation is named. Citations come as source-document parts with document, page, quote and verdict under providerMetadata.quarry. With the header "quarry-resume: on" the answer goes on when the page is reloaded.',
    allow: 'ask',
    bound: true,
    body: z
      .strictObject({
        id: z.string().min(1).max(200).describe('Of the chat, as the page made it'),
        messages: z.array(uiMessage).min(1).max(500),
        trigger: z.enum(['submit-message', 'regenerate-message']).default('submit-message'),
        messageId: z.string().max(200).optional(),
        n_results: askFields.n_results,
        filter: askFields.filter,
        conversation: askFields.conversation,
        parent: askFields.parent,
      })
      .superRefine(keepsOneHistory),
    reply: { kind: 'ui-messages', live: 'asks', says: 'A UI message stream: server-sent events with one JSON part each, and [DONE] at the end.' },
    errors: [...ASK_ERRORS],
    example: { id: 'chat-1', messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'How do I request leave?' }] }] },
  }),
  resumeUiMessages: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/ui-messages/{chat}/stream',
    resource,
    says: 'The answer that a chat of the AI SDK is waiting for, from its beginning; 204 when there is none.',
    allow: 'ask',
    bound: true,
    reply: { kind: 'ui-messages', live: 'replays', says: 'A UI message stream, or 204.' },
    errors: ['database/not-found'],
  }),
} as const
