import { ERRORS } from '../domain/errors.ts'
import { BUILT_IN_FIELDS } from '../domain/filter.ts'
import { curlOf, type FieldLine, fieldsOf, needsOf, routesByResource } from './describe.ts'
import { errorsOf, PARAMETERS } from './openapi.ts'
import { parametersOf, type RouteShape } from './route.ts'

/** The reference as one page that needs nothing else: no scripts, no fonts, no images. */
export function referencePage(): string {
  const groups = [...routesByResource()]
  const contents = groups.map(
    ([resource, routes]) =>
      `<li>${text(resource)}<ul>${routes.map(([name, route]) => `<li><a href="#${name}">${text(route.method)} ${text(route.path)}</a></li>`).join('')}</ul></li>`,
  )
  const body = groups.map(([resource, routes]) => `<h2>${text(resource)}</h2>${routes.map(([name, route]) => section(name, route)).join('')}`)
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Quarry: API reference</title><style>${STYLE}</style></head><body>
<main><h1>Quarry: API reference</h1>
<p>The same as <a href="/api/openapi.json">OpenAPI 3.1</a>. JSON in and out, names in snake_case, times in ISO 8601 (UTC). Every request but those that are open to anyone needs a credential: <code>Authorization: Bearer TOKEN</code> with an API key (or <code>X-API-Key: KEY</code>), the token of a session from <code>POST /api/v1/sessions</code> or "quarry login", or a token of the sign-in provider.</p>
<p>Send an <code>Idempotency-Key</code> header with a request that changes something, and sending it again within a day gives the same reply and does nothing twice. Every reply carries its id in <code>X-Request-Id</code>.</p>
<nav><ul>${contents.join('')}</ul></nav>${body.join('')}
<h2 id="filters">Filters</h2><p>As JSON: <code>{"year":{"$gte":2023},"$or":[{"team":"people"},{"tag":{"$in":["a","b"]}}]}</code>. As text: <code>year &gt;= 2023 and (team = "people" or tag in ["a", "b"])</code>. Operators: $eq $ne $gt $gte $lt $lte $contains $in $nin $exists, $and $or $not. A field that is missing equals nothing. Built-in fields:</p>
${table(
  ['field', 'what it is'],
  Object.entries(BUILT_IN_FIELDS).map(([name, says]) => [code(name), text(says)]),
)}
<h2 id="errors">Errors</h2><p>An error is <code>{"error":{"code","message","facts","hint","retry","request_id"}}</code>. With <code>retry</code> true the same request may work later.</p>
${table(
  ['code', 'status', 'what happened', 'what to do'],
  Object.entries(ERRORS).map(([name, row]) => [code(name), String(row.status), text(row.says), text(row.hint)]),
)}
</main></body></html>`
}

function section(name: string, route: RouteShape): string {
  const parts = [
    `<section id="${name}"><h3><b class="${route.method.toLowerCase()}">${route.method}</b> <code>${text(route.path)}</code></h3>`,
    `<p>${text(route.says)} ${text(route.details ?? '')} <small>${text(needsOf(route))}</small></p>`,
  ]
  const parameters = parametersOf(route.path)
  if (parameters.length > 0)
    parts.push(
      table(
        ['in the path', ''],
        parameters.map((parameter) => [code(parameter), text(PARAMETERS[parameter] ?? '')]),
      ),
    )
  parts.push(fields('in the query', fieldsOf(route.query)))
  if (route.body !== undefined) parts.push(fields('in the JSON body', fieldsOf(route.body)))
  if (route.form !== undefined) {
    const { form } = route
    const files: FieldLine = {
      name: form.fileName,
      type: form.many ? 'files' : 'file',
      required: false,
      fallback: undefined,
      says: 'After the fields that speak of it',
    }
    parts.push(fields('in the form (multipart)', [...fieldsOf(form.fields), ...fieldsOf(form.fileFields), files]))
  }
  const { reply } = route
  if (reply.kind === 'events')
    parts.push(`<p>Streams the events ${Object.keys(reply.events).map(code).join(', ')}; ends with ${reply.last.map(code).join(' or ')}.</p>`)
  if (reply.kind === 'json') parts.push(`<p>Replies ${reply.status}.</p>`)
  parts.push(
    `<pre>${text(curlOf(route))}</pre><p><small>Errors: ${errorsOf(route)
      .map((one) => `<a href="#errors">${text(one)}</a>`)
      .join(', ')}</small></p></section>`,
  )
  return parts.join('\n')
}

function fields(heading: string, lines: readonly FieldLine[]): string {
  if (lines.length === 0) return ''
  const rows = lines.map((line) => [
    code(line.name),
    text(line.type),
    line.required ? 'required' : line.fallback === undefined ? '' : `default ${code(line.fallback)}`,
    text(line.says),
  ])
  return table([heading, 'type', '', ''], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table>`
}

const code = (content: string): string => `<code>${text(content)}</code>`

export function text(content: string): string {
  return content.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:0 auto;padding:1rem}code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow-x:auto;padding:.75rem;border:1px solid #8886;border-radius:.4rem}table{border-collapse:collapse;width:100%;margin:.5rem 0;display:block;overflow-x:auto}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #8884}h3{margin-top:2rem}small{opacity:.8}nav{columns:2 20rem}nav ul{margin:0;padding-left:1rem}nav,code{overflow-wrap:anywhere}'
