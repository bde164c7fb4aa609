import type { Chunk } from '../domain/chunk.ts'

/** A question that a chunk may answer: the first wording that turns out to be answered is asked. */
export interface Suggestion {
  readonly chunkId: string
  readonly wordings: readonly string[]
}

export interface SuggestInput {
  /** What a person calls the document. */
  readonly name: string
  /** From its beginning on. */
  readonly chunks: readonly Chunk[]
  languageOf(text: string): string | undefined
}

const LONGEST_QUESTION = 120
const LONGEST_NAME = 60
const TOPIC_LENGTH = { least: 4, most: 60 } as const
const QUESTION = /[?？؟]$/u
/** Of chapters, whatever they are about. */
const GENERIC =
  /^(?:(?:table of )?contents?|introduction|overview|references?|appendix(?: \w)?|summary|abstract|notes?|conclusions?|index|preface|foreword|chapter \w+|section \w+|part \w+|page \d+|background|general|other|misc\w*|details?|examples?|see also|untitled|sheet ?\d*|slide ?\d*)$/iu
/** A sentence that begins with what it is about. */
const SUBJECT =
  /^(?:The |An? |Our |Your |All |Every )?(\p{L}[\p{L}\p{N}'’ -]{3,50}?) (?:is|are|was|were|must|may|can|should|means?|begins?|ends?|includes?|applies|apply|lasts?) /u
/** Of headings that tell what to do. */
const DOES =
  /^(?:add|allow|apply|ask|assign|avoid|back up|book|build|buy|call|cancel|change|check|choose|claim|clean|close|configure|connect|copy|create|decide|delete|deploy|disable|download|edit|enable|export|find|fix|get|give|handle|import|install|invite|keep|know|limit|log in|maintain|make|manage|measure|mount|move|open|order|pay|plan|prepare|protect|publish|put|read|rebuild|register|release|remove|rename|replace|report|request|reset|restart|restore|return|run|save|search|see|select|send|set|set up|share|sign in|start|stop|submit|take|test|turn off|turn on|uninstall|update|upgrade|upload|use|verify|watch|work|write) \p{Ll}/iu
/** With a question mark it is a question. */
const ASKS = /^(?:who|what) (?:is|are|was|were|may|must|can|should|does|do|counts?|happens|pays|decides) /iu
const POINTS = /^(?:this|that|these|those|it|they|there|he|she|we|you|i|here|which|who|what|one|some|many|most)\b/iu

/**
 * Questions that a document may answer, in its own order, no two about the same: headings and first sentences that are
 * questions as they are; in English also questions about what a heading names or a sentence begins with.
 */
export function suggestionsOf({ name: called, chunks, languageOf }: SuggestInput): readonly Suggestion[] {
  const name = tidy(called)
  const suggestions: Suggestion[] = []
  const known = new Set<string>([keyOf(name)])
  for (const chunk of chunks) {
    const heading = tidy(chunk.headingPath.at(-1) ?? '')
    const [sentence = ''] = /^[^.!?？؟\n]*[.!?？؟]?/u.exec(bodyOf(chunk.text, heading)) ?? []
    const topics = [heading, tidy(sentence)]
    const asked = topics.find((text) => QUESTION.test(text) && text.length >= 10 && text.length <= LONGEST_QUESTION)
    const topic = asked ?? (languageOf(chunk.text) === 'en' ? (topicOfHeading(heading) ?? topicOfSentence(sentence)) : undefined)
    if (topic === undefined || known.has(keyOf(topic))) continue
    known.add(keyOf(topic))
    suggestions.push({ chunkId: chunk.id, wordings: asked === undefined ? wordingsOf(topic, name, chunks) : [asked] })
  }
  return suggestions
}

function wordingsOf(topic: string, name: string, chunks: readonly Chunk[]): readonly string[] {
  const said = inSentence(topic, chunks)
  const wordings = ASKS.test(topic)
    ? [`${topic}?`]
    : DOES.test(topic)
      ? [`How do I ${said}?`]
      : [...(name.length <= LONGEST_NAME ? [`What does “${name}” say about ${said}?`] : []), `What do the documents say about ${said}?`]
  return wordings.filter((question) => question.length <= LONGEST_QUESTION)
}

function topicOfHeading(heading: string): string | undefined {
  const topic = heading.replace(/^(?:§ ?)?(?:\p{N}+[.):]?)+\s+/u, '').replace(/[\s:.;,–—-]+$/u, '')
  return isTopic(topic) ? topic : undefined
}

function topicOfSentence(sentence: string): string | undefined {
  const topic = SUBJECT.exec(sentence.trim())?.[1]
  return topic !== undefined && isTopic(topic) && !POINTS.test(topic) ? topic : undefined
}

function isTopic(text: string): boolean {
  return text.length >= TOPIC_LENGTH.least && text.length <= TOPIC_LENGTH.most && /\p{L}{3}/u.test(text) && !GENERIC.test(text) && !/[|<>{}“”"@/\\]/u.test(text)
}

/** The first word loses its capital unless it is a name: other words have one too, or it has it inside of sentences. */
function inSentence(topic: string, chunks: readonly Chunk[]): string {
  const [first = '', ...rest] = topic.split(' ')
  const isName = /\p{Lu}.*\p{Lu}|\p{N}/u.test(first) || rest.some((word) => /^\p{Lu}/u.test(word)) || chunks.some(({ text }) => hasInside(text, first))
  return isName ? topic : first.charAt(0).toLowerCase() + topic.slice(1)
}

function hasInside(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (/[\p{Ll},] $/u.test(text.slice(Math.max(0, at - 2), at)) && !/^\p{L}/u.test(text.slice(at + word.length))) return true
  }
  return false
}

/** A chunk often begins with its own heading. */
function bodyOf(text: string, heading: string): string {
  const trimmed = text.trimStart()
  return heading !== '' && trimmed.startsWith(heading) ? trimmed.slice(heading.length).trimStart() : trimmed
}

function tidy(text: string): string {
  return text.replace(/\s+/gu, ' ').trim().toWellFormed()
}

function keyOf(topic: string): string {
  return topic.normalize('NFKC').toLowerCase()
}
