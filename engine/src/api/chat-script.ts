/**
 * The script of the chat page. Whatever it is told is shown as text: there is no way from it to markup, and nothing that it
 * shows can be followed. The token of the visitor is kept in the storage of this page alone, one per chat.
 */
export const CHAT_SCRIPT = String.raw`
'use strict'
const id = location.pathname.split('/')[2] || ''
const base = '/api/v1/public/' + encodeURIComponent(id)
const kept = 'quarry-visitor:' + id
const at = (name) => document.getElementById(name)
const log = at('log'), field = at('question'), send = at('send'), stop = at('stop')
let token, conversation = 'new', sources = 'quotes', running

// Browsers may refuse storage to a page in a frame: then a visit lasts as long as the page.
const storage = {
  read() { try { return localStorage.getItem(kept) || undefined } catch { return undefined } },
  write(value) { try { value ? localStorage.setItem(kept, value) : localStorage.removeItem(kept) } catch { /* kept in memory */ } },
}
token = storage.read()

function make(name, className, content) {
  const element = document.createElement(name)
  if (className) element.className = className
  if (content !== undefined) element.textContent = content
  return element
}

class Fault extends Error {
  constructor(problem) { super([problem.message, problem.hint].filter(Boolean).join(' ')); this.code = problem.code }
}

async function call(method, path, options = {}) {
  const headers = {}
  if (options.authorized) headers.authorization = 'Bearer ' + token
  if (options.body) headers['content-type'] = 'application/json'
  let reply
  try {
    reply = await fetch(base + path, { method, headers, credentials: 'omit', body: options.body ? JSON.stringify(options.body) : undefined, signal: options.signal })
  } catch (cause) {
    if (options.signal && options.signal.aborted) throw cause
    throw new Fault({ message: 'The server cannot be reached.', hint: 'Check your connection and try again.' })
  }
  if (reply.ok) return reply
  const told = await reply.json().catch(() => undefined)
  const problem = (told && told.error) || { message: 'The server did not answer as it should.' }
  const wait = reply.headers.get('retry-after')
  throw new Fault({ ...problem, hint: [problem.hint, wait && reply.status === 429 ? 'Try again in ' + wait + ' seconds.' : ''].filter(Boolean).join(' ') })
}

async function visit() {
  if (token) return
  token = (await (await call('POST', '/visits')).json()).token
  storage.write(token)
}

/** A token that no longer counts is given up for a new one, once. */
async function visiting(work) {
  await visit()
  try {
    return await work()
  } catch (fault) {
    if (fault.code !== 'auth/invalid') throw fault
    leave()
    await visit()
    return work()
  }
}

function leave() {
  token = undefined
  conversation = 'new'
  storage.write(undefined)
}

async function* eventsOf(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    rest += value
    const blocks = rest.split('\n\n')
    rest = blocks.pop()
    for (const block of blocks) {
      const lines = block.split('\n')
      const of = (name) => lines.filter((line) => line.startsWith(name + ':')).map((line) => line.slice(name.length + 1).trim()).join('')
      if (of('data')) yield { event: of('event'), data: JSON.parse(of('data')) }
    }
  }
}
function nearEnd() { const box = at('scroll'); return box.scrollHeight - box.scrollTop - box.clientHeight < 120 }
function toEnd() { const box = at('scroll'); box.scrollTop = box.scrollHeight }

function showQuestion(text) {
  at('greeting').hidden = true
  const box = make('p', 'question', text)
  box.dir = 'auto'
  log.append(box)
}

const VERDICTS = { verified: 'Found word for word in the document', weak: 'Nearly so in the document', unsupported: 'Not found in the document' }

function answerBox() {
  const box = make('div', 'answer')
  const body = make('p')
  body.dir = 'auto'
  const source = make('div', 'source')
  source.hidden = true
  box.append(body, source)
  log.append(box)
  const citations = new Map()
  let text = '', open

  function opened(citation) {
    open = open === citation.number ? undefined : citation.number
    source.replaceChildren()
    source.hidden = open === undefined
    if (open !== undefined) {
      const where = [citation.name, citation.page === null ? '' : 'page ' + citation.page].filter(Boolean).join(', ')
      source.append(make('span', 'where', '[' + citation.number + '] ' + where))
      if (citation.heading_path.length > 0) source.append(make('span', 'dim', citation.heading_path.join(' › ')))
      const quote = make('blockquote', '', citation.quote)
      quote.dir = 'auto'
      source.append(quote, make('span', 'verdict ' + (VERDICTS[citation.verdict] ? citation.verdict : ''), VERDICTS[citation.verdict] || ''))
      if (citation.reason) source.append(make('span', 'dim', citation.reason))
      if (sources === 'documents' && citation.document_id) {
        const more = make('button', '', 'Read on in the document')
        more.type = 'button'
        more.addEventListener('click', () => readOn(citation))
        source.append(more)
      }
    }
    draw()
  }

  function draw() {
    const parts = text.split(/\[(\d+)\]/)
    body.replaceChildren(...parts.map((part, index) => {
      const citation = index % 2 === 1 ? citations.get(Number(part)) : undefined
      if (!citation) return document.createTextNode(index % 2 === 1 ? '[' + part + ']' : part)
      const button = make('button', 'cite', part)
      button.type = 'button'
      button.setAttribute('aria-expanded', String(open === citation.number))
      button.setAttribute('aria-label', 'Quote ' + part + ': ' + citation.name)
      button.addEventListener('click', () => { opened(citation); body.querySelectorAll('.cite[aria-expanded=true]')[0]?.focus() })
      return button
    }))
  }
  return {
    box,
    add(more) { text += more; draw() },
    cite(citation) { citations.set(citation.number, citation); draw() },
    whole(final, all) { text = final; for (const one of all) citations.set(one.number, one); draw() },
    busy(is) { box.setAttribute('aria-busy', String(is)) },
    fail(message) { const told = make('p', 'fault', message); told.setAttribute('role', 'alert'); box.append(told); if (text === '') body.remove() },
  }
}

async function readOn(citation) {
  const start = Math.max(0, citation.start - 1500)
  const path = '/documents/' + encodeURIComponent(citation.database_id) + '/' + encodeURIComponent(citation.document_id) + '/text?start=' + start + '&end=' + (citation.end + 1500)
  at('document-title').textContent = citation.name
  at('text').textContent = 'Reading …'
  at('document').showModal()
  try {
    const told = await (await call('GET', path, { authorized: true })).json()
    const [from, to] = [citation.start - told.start, citation.end - told.start]
    const found = make('mark', '', told.text.slice(from, to))
    at('text').replaceChildren((told.start > 0 ? '… ' : '') + told.text.slice(0, from), found, told.text.slice(to) + (told.end === told.characters ? '' : ' …'))
    found.scrollIntoView({ block: 'center' })
  } catch (fault) { at('text').textContent = fault.message }
}

async function ask(question) {
  showQuestion(question)
  const shown = answerBox()
  shown.busy(true)
  toEnd()
  running = new AbortController()
  const { signal } = running
  send.hidden = true
  stop.hidden = false
  let ended = false
  try {
    const reply = await visiting(() => call('POST', '/ask', { authorized: true, body: { question, conversation }, signal }))
    let named = conversation
    for await (const { event, data } of eventsOf(reply)) {
      const follow = nearEnd()
      if (event === 'answer-start') named = data.conversation_id
      if (event === 'text-delta') shown.add(data.text)
      if (event === 'citation-found') shown.cite(data.citation)
      if (event === 'answer-error') throw new Fault(data.error)
      if (event === 'answer-end') { shown.whole(data.text, data.citations); conversation = named; ended = true }
      if (follow) toEnd()
    }
    if (!ended) throw new Fault({ message: 'The connection was cut off.', hint: 'Ask again.' })
  } catch (fault) {
    if (fault.code === 'conversation/not-found') conversation = 'new'
    shown.fail(signal.aborted ? 'Stopped. This answer is not kept.' : fault.message)
  } finally {
    shown.busy(false)
    running = undefined
    stop.hidden = true
    send.hidden = false
    ready()
    toEnd()
  }
}

function ready() {
  send.disabled = field.value.trim() === '' || running !== undefined
  at('new').hidden = at('earlier').hidden = token === undefined
}

function clear() {
  if (running) running.abort()
  conversation = 'new'
  log.replaceChildren(at('greeting'))
  at('greeting').hidden = false
  ready()
  field.focus()
}

async function open(wanted) {
  const told = await (await call('GET', '/conversations/' + encodeURIComponent(wanted), { authorized: true })).json()
  clear()
  conversation = wanted
  for (const message of told.messages) {
    if (message.role === 'user') showQuestion(message.text)
    else answerBox().whole(message.text, message.citations)
  }
  toEnd()
}

async function list() {
  at('conversations').replaceChildren()
  at('list-note').textContent = ''
  at('list').showModal()
  try {
    const { conversations } = await (await call('GET', '/conversations?limit=100', { authorized: true })).json()
    if (conversations.length === 0) at('list-note').textContent = 'There are none yet.'
    for (const one of conversations) {
      const item = make('li')
      const go = make('button', '', one.title)
      go.type = 'button'
      go.append(make('span', 'dim', new Date(one.updated_at).toLocaleString()))
      go.addEventListener('click', () => { at('list').close(); open(one.id).catch(tell) })
      const drop = make('button', '', '✕')
      drop.type = 'button'
      drop.setAttribute('aria-label', 'Delete: ' + one.title)
      drop.addEventListener('click', () => call('DELETE', '/conversations/' + encodeURIComponent(one.id), { authorized: true }).then(() => { item.remove(); if (one.id === conversation) clear() }, (fault) => { at('list-note').textContent = fault.message }))
      item.append(go, drop)
      at('conversations').append(item)
    }
  } catch (fault) { at('list-note').textContent = fault.message }
}

function tell(fault) { answerBox().fail(fault.message) }

at('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const question = field.value.trim()
  if (question === '' || running) return
  field.value = ''
  ask(question)
})
field.addEventListener('input', ready)
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  at('form').requestSubmit()
})
stop.addEventListener('click', () => { if (running) running.abort() })
at('new').addEventListener('click', clear)
at('earlier').addEventListener('click', list)
at('list-close').addEventListener('click', () => at('list').close())
at('document-close').addEventListener('click', () => at('document').close())
at('forget').addEventListener('click', () => { at('list').close(); at('sure').showModal() })
at('sure-no').addEventListener('click', () => at('sure').close())
at('sure-yes').addEventListener('click', async () => {
  at('sure').close()
  try { await call('DELETE', '/visitor', { authorized: true }); leave(); clear() } catch (fault) { tell(fault) }
})
if (parent !== window) {
  at('close').hidden = false
  at('close').addEventListener('click', () => parent.postMessage('quarry-close', '*'))
}

async function begin() {
  const chat = await (await call('GET', '')).json()
  at('title').textContent = document.title = chat.title
  at('greeting').textContent = chat.greeting || 'Ask a question about the documents.'
  sources = chat.sources
  if (!token) return
  try {
    const { conversations } = await (await call('GET', '/conversations?limit=1', { authorized: true })).json()
    if (conversations.length > 0) await open(conversations[0].id)
  } catch (fault) {
    if (fault.code !== 'auth/invalid') throw fault
    leave()
  }
}
// In a frame the focus is the page's own, and on a phone it would open the keyboard.
begin().catch(tell).finally(() => { ready(); if (parent === window && matchMedia('(pointer: fine)').matches) field.focus() })
`
