import type { LeftAnswer } from './left.ts'

// What is told of a stream, whoever reads it and in whichever form.

/** An event as it is sent: `text` is its data, rendered once. Numbers count from 1 without a gap. */
export interface LiveEvent {
  readonly seq: number
  readonly event: string
  readonly text: string
}

/** A stream that can be read, wherever it runs. */
export interface Followable {
  readonly id: string
  /** Who asked, by `ownerOf`. */
  readonly owner: string
  /** The databases that are asked. */
  readonly databaseIds: readonly string[]
  readonly publicationId: string | undefined
  /** What the chat showed of its sources when it was asked; undefined: it was not asked at one. */
  readonly sources: 'documents' | 'quotes' | undefined
  /** Of the conversation that the answer is a turn of. */
  readonly conversationId: string | undefined
  readonly startedAt: number // epoch ms
  /** What a process that is gone left of it: read as it is, it ends. */
  readonly left?: LeftAnswer
  /** True when nothing comes after this event. */
  isOver(after: number): Promise<boolean>
  /**
   * Each event after the one that is named, in order, and then as they come. It ends with the last event of the stream, or
   * without it when the reader was cut off: by too many others of the same stream, or by the closing of this process.
   * @throws the signal's reason
   */
  follow(after: number, signal: AbortSignal): AsyncGenerator<LiveEvent, void>
  /** Ends the answer, whoever reads it. */
  stop(): Promise<void>
  /** A reader was sent all of it, and was there until the end. */
  delivered(): Promise<void>
}
