import { type Message, type PlacedMessage, START } from '../../domain/conversation.ts'
import { AppError } from '../../domain/errors.ts'
import type { BranchPlace, Conversations, NewMessage } from '../../ports/conversations.ts'
import { foldForSearch } from '../catalog-rules.ts'
import { optionalText, text } from './catalog-rows.ts'
import { findConversation, messageOf, placedOf } from './conversations-rows.ts'
import type { SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

const MOST_MESSAGES = 1000

/** From its last message up to the first. */
const BRANCH = `WITH RECURSIVE branch (id, parent_id, depth) AS (
    SELECT id, parent_id, 1 FROM chat_messages WHERE id = ?1
    UNION ALL SELECT m.id, m.parent_id, branch.depth + 1 FROM branch JOIN chat_messages m ON m.id = branch.parent_id WHERE branch.depth < ?2
  )
  SELECT m.*, (SELECT json_group_array(v.id ORDER BY v.ordinal) FROM chat_messages v WHERE v.session_id = m.session_id AND v.parent_id IS m.parent_id) AS versions
  FROM branch JOIN chat_messages m ON m.id = branch.id ORDER BY branch.depth DESC`
/** What follows is younger: the youngest of all below ends the branch. */
const YOUNGEST_BELOW = `WITH RECURSIVE below (id, ordinal) AS (
    SELECT id, ordinal FROM chat_messages WHERE id = ?1
    UNION ALL SELECT m.id, m.ordinal FROM below JOIN chat_messages m ON m.session_id = ?2 AND m.parent_id = below.id
  )
  SELECT id FROM below ORDER BY ordinal DESC LIMIT 1`

/** The tree of a conversation's messages. */
export function branchMethods(file: SqliteFile, { now, newId }: Making): Pick<Conversations, 'messages' | 'addTurn' | 'setFeedback' | 'setSummary'> {
  function find(sessionId: string, id: string): Message {
    const row = file.get('SELECT * FROM chat_messages WHERE id = ? AND session_id = ?', id, sessionId)
    if (row === undefined) throw new AppError('message/not-found', { message: id })
    return messageOf(row)
  }
  function findAnswer(sessionId: string, id: string): Message {
    const message = find(sessionId, id)
    if (message.role !== 'assistant') throw new AppError('message/not-found', { message: id })
    return message
  }
  function placeOf(sessionId: string, after: string | undefined): string | undefined {
    if (after === START) return undefined
    return after === undefined ? lastOf(file, sessionId) : findAnswer(sessionId, after).id
  }
  /** The same question at the same place. */
  function asked(sessionId: string, parentId: string | undefined, said: string): Message | undefined {
    const row = file.get(
      "SELECT * FROM chat_messages WHERE session_id = ? AND parent_id IS ? AND role = 'user' AND text = ? ORDER BY ordinal DESC LIMIT 1",
      ...[sessionId, parentId, said],
    )
    return row === undefined ? undefined : messageOf(row)
  }
  function insert(sessionId: string, ordinal: number, parentId: string | undefined, message: NewMessage, time: number): Message {
    const { role, text: said, answered, citations, sentences, nearest, writer, mode, usage, cost, traceId } = message
    const row = file.get(
      `INSERT INTO chat_messages (id, session_id, ordinal, parent_id, role, text, answered, citations, sentences, nearest, writer, mode, usage, cost, trace_id, search_key, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
      ...[newId('msg'), sessionId, ordinal, parentId, role, said, answered, JSON.stringify(citations), JSON.stringify(sentences)],
      ...[JSON.stringify(nearest), writer, optionalJson(mode), optionalJson(usage), cost, traceId, foldForSearch(said), time],
    )
    if (row === undefined) throw new AppError('internal', { reason: 'an inserted message is not there' })
    return messageOf(row)
  }

  return {
    async messages(holder, id, place = {}) {
      return file.read(() => {
        findConversation(file, holder, id, now())
        return branchOf(id, place)
      })
    },
    async addTurn(holder, id, turn, deleteAt, after) {
      return file.write(() => {
        const { messages, updatedAt } = findConversation(file, holder, id, now())
        const time = Math.max(now(), updatedAt)
        const stored: Message[] = []
        let [parentId, ordinal] = [placeOf(id, after), messages]
        for (const [index, message] of turn.entries()) {
          const before = index === 0 && turn.length > 1 && message.role === 'user' ? asked(id, parentId, message.text) : undefined
          if (before === undefined) ordinal += 1
          const kept = before ?? insert(id, ordinal, parentId, message, time)
          stored.push(kept)
          parentId = kept.id
        }
        file.run('UPDATE chat_sessions SET updated_at = ?, delete_at = ? WHERE id = ?', time, deleteAt, id)
        return stored
      })
    },
    async setFeedback(holder, id, messageId, feedback) {
      file.write(() => {
        const { publicationId } = findConversation(file, holder, id, now())
        const { feedback: before } = findAnswer(id, messageId)
        file.run('UPDATE chat_messages SET rating = ?, comment = ? WHERE id = ?', feedback?.rating, feedback?.comment, messageId)
        if (publicationId === undefined || before?.rating === feedback?.rating) return
        const change = (rating: 'up' | 'down') => Number(feedback?.rating === rating) - Number(before?.rating === rating)
        file.run('UPDATE publications SET votes_up = votes_up + ?, votes_down = votes_down + ? WHERE id = ?', change('up'), change('down'), publicationId)
      })
    },
    async setSummary(holder, id, messageId, summary) {
      file.write(() => {
        findConversation(file, holder, id, now())
        findAnswer(id, messageId)
        file.run('UPDATE chat_messages SET summary = ? WHERE id = ?', summary, messageId)
      })
    },
  }

  function branchOf(id: string, { upTo, through, most = MOST_MESSAGES }: BranchPlace): readonly PlacedMessage[] {
    const named = upTo ?? through
    if (named !== undefined) find(id, named)
    const last = through === undefined ? (upTo ?? lastOf(file, id)) : youngestBelow(id, through)
    return last === undefined ? [] : file.all(BRANCH, last, Math.min(most, MOST_MESSAGES)).map(placedOf)
  }
  function youngestBelow(sessionId: string, id: string): string {
    const row = file.get(YOUNGEST_BELOW, id, sessionId)
    return row === undefined ? id : text(row, 'id')
  }
}

/** Of the current branch: it was written to last. */
export function lastOf(file: SqliteFile, sessionId: string): string | undefined {
  const row = file.get('SELECT id FROM chat_messages WHERE session_id = ? ORDER BY ordinal DESC LIMIT 1', sessionId)
  return row === undefined ? undefined : optionalText(row, 'id')
}

function optionalJson(value: object | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}
