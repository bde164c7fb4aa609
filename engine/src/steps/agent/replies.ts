// Replies of a model to questions of our own. Whatever is not exactly as it was asked for counts as no reply.

const LONGEST_QUESTION = 1000
const LONGEST_QUERY = 300
const MOST_QUERIES = 3

/** The numbers chosen, from 1 to `count`, in order. */
export function chosenNumbers(reply: string, count: number): readonly number[] | undefined {
  const value = objectOf(reply, ['use'])?.use
  if (!Array.isArray(value) || value.length === 0 || value.length > count) return undefined
  const numbers = value.filter((one): one is number => Number.isInteger(one) && one >= 1 && one <= count)
  return numbers.length === value.length && new Set(numbers).size === numbers.length ? numbers.toSorted((one, two) => one - two) : undefined
}

export function wholeQuestion(reply: string): string | undefined {
  return lineOf(objectOf(reply, ['question'])?.question, LONGEST_QUESTION)
}

export function newQueries(reply: string): readonly string[] | undefined {
  const value = objectOf(reply, ['queries'])?.queries
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_QUERIES) return undefined
  const queries = value.flatMap((one) => lineOf(one, LONGEST_QUERY) ?? [])
  return queries.length === value.length ? [...new Set(queries)] : undefined
}

export function holdsAnswer(reply: string): boolean | undefined {
  const value = objectOf(reply, ['holds'])?.holds
  return typeof value === 'boolean' ? value : undefined
}

/** Those of the topics that it says are touched; none of them when it names something else. */
export function touchedTopics<T extends string>(reply: string, topics: readonly T[]): readonly T[] | undefined {
  const value = objectOf(reply, ['topics'])?.topics
  if (!Array.isArray(value)) return undefined
  const named = topics.filter((topic) => value.includes(topic))
  return value.every((one) => topics.some((topic) => topic === one)) ? named : undefined
}

/** A JSON object with these keys and no others; models like to fence it, and some think aloud before it. */
function objectOf(reply: string, keys: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  const said = reply.replace(/^[\s\S]*<\/(?:think|thinking|reasoning)>/, '').trim()
  const bare = /^```(?:json)?\s*([\s\S]*?)\s*```$/.exec(said)?.[1] ?? said
  try {
    const value: unknown = JSON.parse(bare)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const named = Object.keys(value)
    return named.length === keys.length && keys.every((key) => named.includes(key)) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function lineOf(value: unknown, most: number): string | undefined {
  if (typeof value !== 'string') return undefined
  const line = value.replace(/\s+/g, ' ').trim()
  return line === '' || line.length > most || !/[\p{L}\p{N}]/u.test(line) ? undefined : line.toWellFormed()
}
