const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}code{font-family:ui-monospace,monospace}'

// The token comes in the fragment, which browsers never send to a server or put into a Referer header. It is taken out
// of the address at once and kept for this tab only. Names are set as text, never as markup.
const SCRIPT = `
const given = new URLSearchParams(location.hash.slice(1)).get('token')
if (given) { sessionStorage.setItem('quarry-token', given); history.replaceState(null, '', location.pathname) }
const token = sessionStorage.getItem('quarry-token')
const state = document.getElementById('state')
if (token) fetch('/api/v1/databases', { headers: { authorization: 'Bearer ' + token } }).then(async (reply) => {
  const body = await reply.json()
  if (!reply.ok) { sessionStorage.removeItem('quarry-token'); state.textContent = body.error.message + ' ' + body.error.hint; return }
  state.textContent = body.databases.length === 0 ? 'Signed in. There is no database yet.' : 'Signed in. Databases:'
  const list = document.getElementById('databases')
  for (const database of body.databases) {
    const item = document.createElement('li')
    item.textContent = database.name + ': ' + database.documents.ready + ' of ' + database.documents.total + ' documents ready, ' + database.chunks + ' chunks, ' + database.mode + ' search'
    list.append(item)
  }
}).catch(() => { state.textContent = 'The server does not answer.' })
`

/** A plain page with links. It works without scripts; with them and a sign-in link it lists the databases. */
export const LANDING_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Quarry</title><style>${STYLE}</style></head><body>
<h1>Quarry</h1><p>Quarry is running. It turns documents into databases that answer with checked citations.</p>
<ul><li><a href="/api/docs">API reference</a></li><li><a href="/api/openapi.json">OpenAPI 3.1</a></li><li><a href="/health">Health</a></li></ul>
<p>On the command line: <code>npx quarry create handbook ./my-documents</code>, then <code>npx quarry ask handbook "How do I request leave?"</code></p>
<p id="state">Open the sign-in link that the server printed to see the databases here.</p><ul id="databases"></ul>
<script>${SCRIPT}</script></body></html>`
