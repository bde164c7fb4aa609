import { z } from 'zod'

// What is said over a WebSocket, in the first version of its language.

const v = z.literal(1)
/** The client's own name for a question, so that it knows what is about it. */
const id = z.string().min(1).max(100)
const stream = z.string().min(1).max(100)

/** The fields of `ask` beside these are those of the route, and checked as there. */
export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({ v, type: z.literal('hello'), ticket: z.string().max(200) }),
  z.looseObject({ v, type: z.literal('ask'), id, database: z.string().min(1).max(200).optional() }),
  z.strictObject({ v, type: z.literal('resume'), stream, after: z.int().min(0).max(1_000_000_000).default(0) }),
  z.strictObject({ v, type: z.literal('stop'), stream }),
])
export type ClientFrame = z.output<typeof clientFrame>
export type AskFrame = Extract<ClientFrame, { type: 'ask' }>

export const PROTOCOL = 'quarry.v1'
export const TICKET_PROTOCOL = 'ticket.'

/** Reasons why a connection is closed, in the range for programs. */
export const CLOSE = { unauthorised: 4401, tooMany: 4429, idle: 4408, closing: 1001, badFrame: 1008 } as const
