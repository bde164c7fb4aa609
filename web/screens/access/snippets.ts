import { curlOf } from '../../lib/curl.ts'

export const LANGUAGES = ['curl', 'typescript', 'python'] as const
export type Language = (typeof LANGUAGES)[number]
export const DEEDS = ['query', 'ask'] as const
export type Deed = (typeof DEEDS)[number]

interface SnippetInput {
  readonly address: string
  readonly database: string
  readonly question: string
  /** Undefined: read from the variable QUARRY_KEY. */
  readonly key: string | undefined
}

/** A program that searches or asks, whole, so that it runs as it is pasted. Needs nothing but the language. */
export function snippet(language: Language, deed: Deed, { address, database, question, key }: SnippetInput): string {
  const path = `/api/v1/databases/${encodeURIComponent(database)}/${deed}`
  const body = deed === 'query' ? { query: question, n_results: 5 } : { question }
  if (language === 'curl') return curlOf({ address, path, body, key, streams: deed === 'ask' })
  return language === 'typescript' ? typescript(deed, address + path, body, key) : python(deed, address + path, body, key)
}

function typescript(deed: Deed, address: string, body: object, key: string | undefined): string {
  const authorization = key === undefined ? '`Bearer $' + '{process.env.QUARRY_KEY}`' : single(`Bearer ${key}`)
  const head = `const reply = await fetch(${single(address)}, {
  method: 'POST',
  headers: { authorization: ${authorization}, 'content-type': 'application/json' },
  body: JSON.stringify(${literal(body, single)}),
})`
  if (deed === 'query') {
    return `${head}
if (!reply.ok) throw new Error(await reply.text())
const { results } = await reply.json()
for (const { score, name, text } of results) console.log(score, name, text)`
  }
  return `${head}
if (!reply.ok || reply.body === null) throw new Error(await reply.text())
let rest = ''
for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
  const events = (rest + piece).split('\\n\\n')
  rest = events.pop() ?? ''
  for (const event of events) {
    const name = /^event: (.*)$/m.exec(event)?.[1]
    const data = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? 'null')
    if (name === 'text-delta') process.stdout.write(data.text)
    if (name === 'answer-error') throw new Error(data.error.message)
    if (name === 'answer-end') for (const { number, name, quote } of data.citations) console.log(\`\\n[\${number}] \${name}: \${quote}\`)
  }
}`
}

function python(deed: Deed, address: string, body: object, key: string | undefined): string {
  const authorization = key === undefined ? '"Bearer " + os.environ["QUARRY_KEY"]' : double(`Bearer ${key}`)
  const head = `import json${key === undefined ? ', os' : ''}, urllib.request

request = urllib.request.Request(
    ${double(address)},
    data=json.dumps(${literal(body, double)}).encode(),
    headers={"Authorization": ${authorization}, "Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as reply:`
  if (deed === 'query') {
    return `${head}
    for hit in json.load(reply)["results"]:
        print(hit["score"], hit["name"], hit["text"])`
  }
  return `${head}
    for line in reply:
        name, _, value = line.decode().rstrip("\\n").partition(": ")
        if name == "event":
            event = value
        if name == "data" and event == "text-delta":
            print(json.loads(value)["text"], end="", flush=True)
        if name == "data" and event == "answer-error":
            raise RuntimeError(json.loads(value)["error"]["message"])
        if name == "data" and event == "answer-end":
            for citation in json.loads(value)["citations"]:
                print(f'\\n[{citation["number"]}] {citation["name"]}: {citation["quote"]}')`
}

/** Escapes of JSON are those of both languages. */
const double = (text: string): string => JSON.stringify(text)
const single = (text: string): string => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

function literal(body: object, quoted: (text: string) => string): string {
  const pairs = Object.entries(body).map(
    ([name, value]) => `${quoted === double ? double(name) : name}: ${typeof value === 'string' ? quoted(value) : String(value)}`,
  )
  return quoted === double ? `{${pairs.join(', ')}}` : `{ ${pairs.join(', ')} }`
}
