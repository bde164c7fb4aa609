const STYLE = `
:root{color-scheme:light dark;--line:#c9ccd1;--soft:#5b6068;--accent:#1a56c4;--bad:#a3161f}
@media (prefers-color-scheme:dark){:root{--line:#444a52;--soft:#a6adb7;--accent:#8ab4ff;--bad:#ff9a9a}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1.25rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}a{color:var(--accent)}
.soft,small{color:var(--soft)}
form{display:grid;gap:.9rem;margin:1.25rem 0}label{display:grid;gap:.25rem}
input{font:inherit;color:inherit;background:transparent;padding:.55rem .65rem;border:1px solid var(--line);border-radius:.4rem;width:100%}
button{font:inherit;padding:.55rem 1rem;border:1px solid var(--accent);border-radius:.4rem;background:var(--accent);color:Canvas;cursor:pointer;justify-self:start}
button.plain{background:transparent;color:var(--accent)}
button:disabled{opacity:.6;cursor:progress}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.bad{color:var(--bad)}ul{padding-left:1.2rem}[hidden]{display:none!important}
`

// Links carry their ticket in the fragment, which browsers never send to a server or put into a Referer header; it is taken
// out of the address at once. The session goes into a cookie that scripts cannot read. Names are set as text, never as markup.
const SCRIPT = `
const $ = (id) => document.getElementById(id)
const given = new URLSearchParams(location.hash.slice(1))
if (location.hash) history.replaceState(null, '', location.pathname)
const call = async (method, path, body) => {
  const reply = await fetch(path, { method, ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}) })
  const told = await reply.json()
  if (reply.ok) return told
  throw Object.assign(new Error(told.error.message + ' ' + told.error.hint), { status: reply.status, code: told.error.code })
}
const say = (text, bad) => { $('state').textContent = text; $('state').className = bad ? 'bad' : 'soft' }
const show = (id) => { for (const part of ['sign-in', 'join', 'reset', 'signed-in']) $(part).hidden = part !== id; const first = $(id).querySelector('input:not([hidden])'); if (first) first.focus() }
const onSubmit = (id, work) => $(id).addEventListener('submit', async (event) => {
  event.preventDefault()
  const button = event.target.querySelector('button')
  button.disabled = true
  say('')
  try { await work(Object.fromEntries(new FormData(event.target))) } catch (fault) { say(fault.message, true) }
  button.disabled = false
})

const ticket = given.get('claim') || given.get('invitation')
const isClaim = given.has('claim')
onSubmit('join', async ({ email, name, password }) => {
  const person = { ticket, password, transport: 'cookie', ...(name ? { name } : {}) }
  await call('POST', isClaim ? '/api/v1/claim' : '/api/v1/invitations/accept', isClaim ? { ...person, email } : person)
  await start()
})
onSubmit('sign-in', async ({ email, password }) => { await call('POST', '/api/v1/sessions', { email, password, transport: 'cookie' }); await start() })
onSubmit('reset', async ({ password }) => { await call('POST', '/api/v1/password-resets/redeem', { ticket: given.get('reset'), password }); show('sign-in'); say('The password is set. Sign in with it.') })
$('forgot').addEventListener('click', async () => {
  const email = $('sign-in').elements.email.value
  if (!email) return say('Type your e-mail address first.', true)
  try { await call('POST', '/api/v1/password-resets', { email }); say('If there is such an account and the server can send letters, one with a link is on its way. Otherwise ask the owner for a link.') } catch (fault) { say(fault.message, true) }
})
$('out').addEventListener('click', async () => { try { await call('DELETE', '/api/v1/sessions/current'); show('sign-in'); say('Signed out.') } catch (fault) { say(fault.message, true) } })

async function start() {
  let me
  try { me = await call('GET', '/api/v1/me') } catch (fault) {
    if (fault.status !== 401) return say(fault.message, true)
    const server = await call('GET', '/api/v1/server')
    if (!server.claimed) { for (const part of ['sign-in', 'join', 'reset', 'signed-in']) $(part).hidden = true; return say('Nobody owns this server yet. Open the claim link that it printed when it started, or run "quarry users claim EMAIL" on its machine.') }
    $('provider').hidden = server.sign_in.provider === null
    if (server.sign_in.provider) { $('provider').firstElementChild.href = server.sign_in.provider.start; $('provider').firstElementChild.textContent = 'Sign in with ' + server.sign_in.provider.name }
    return show('sign-in')
  }
  show('signed-in')
  $('who').textContent = 'Signed in as ' + (me.account.name || me.account.email || 'the operator') + ', ' + me.account.role + '.'
  const { databases } = await call('GET', '/api/v1/databases')
  $('none').hidden = databases.length > 0
  $('databases').replaceChildren(...databases.map((database) => {
    const item = document.createElement('li')
    const { documents } = database
    item.textContent = database.name + ': ' + documents.ready + ' of ' + documents.total + ' documents ready, ' + database.chunks.toLocaleString() + ' chunks, ' + database.mode + ' search'
    return item
  }))
}
if (ticket) { show('join'); $('email-line').hidden = !isClaim; $('join').elements.email.required = isClaim; $('join-title').textContent = isClaim ? 'Claim this server' : 'Join this server' }
else if (given.has('reset')) show('reset')
else start().catch(() => say('The server does not answer. Try again in a moment.', true))
`

const password = (autocomplete: string, hint: string) =>
  `<label>Password<input name="password" type="password" required autocomplete="${autocomplete}" ${autocomplete === 'new-password' ? 'minlength="12"' : ''} maxlength="256">${hint}</label>`
const NEW = password('new-password', '<small>At least 12 characters; several words are best.</small>')

/** The first page of a server: sign in, claim it, join it, choose a new password; then what there is. Without scripts it shows the links. */
export const LANDING_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Quarry</title><style>${STYLE}</style></head><body><main>
<h1>Quarry</h1><p class="soft">Documents become databases that answer with checked citations.</p>
<form id="sign-in" hidden><h2>Sign in</h2><label>E-mail address<input name="email" type="email" required autocomplete="username"></label>${password('current-password', '')}<button>Sign in</button><p id="provider" hidden><a href="/"></a></p><button type="button" class="plain" id="forgot">I forgot my password</button></form>
<form id="join" hidden><h2 id="join-title">Join</h2><label id="email-line">E-mail address<input name="email" type="email" autocomplete="username"></label><label>Name (if you like)<input name="name" maxlength="200" autocomplete="name"></label>${NEW}<button>Make my account</button></form>
<form id="reset" hidden><h2>Choose a new password</h2>${NEW}<button>Set it</button></form>
<p id="state" role="status" class="soft"></p>
<section id="signed-in" hidden><h2>Databases</h2><p id="who" class="soft"></p><p id="none">There is none yet.</p><ul id="databases"></ul><p>Make one and ask it:</p><p><code>npx quarry create handbook ./my-documents</code><br><code>npx quarry ask handbook "How do I request leave?"</code></p><button type="button" class="plain" id="out">Sign out</button></section>
<p class="soft"><a href="/api/docs">API reference</a> · <a href="/api/openapi.json">OpenAPI 3.1</a> · <a href="/health">Health</a></p></main>
<script>${SCRIPT}</script></body></html>`
