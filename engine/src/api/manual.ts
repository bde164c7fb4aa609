import { ERRORS } from '../domain/errors.ts'
import { curlOf, type FieldLine, fieldsOf, needsOf, routesByResource } from './describe.ts'
import { errorsOf } from './openapi.ts'

const NOTE = '<!-- Made by "npm run docs" from the code; a test holds it to the code. -->'

/** One row of the settings table; what `settings.ts` declares, without its schema. */
export interface SettingRow {
  readonly fallback: string | undefined
  readonly meaning: string
  readonly secret: boolean
}

/** docs/settings.md */
export function settingsManual(settings: Readonly<Record<string, SettingRow>>): string {
  const rows = Object.entries(settings).map(([name, { fallback, meaning, secret }]) => {
    const shown = fallback === undefined || fallback === '' ? 'none' : `\`${fallback}\``
    return `### ${name}\n\n${meaning}\n\nDefault: ${shown}.${secret ? ' Secret: never logged, never told.' : ''}`
  })
  return [
    '# Settings',
    NOTE,
    'Settings are environment variables. An empty one counts as not set. When some are wrong, the server does not start and names all of them at once.',
    ...rows,
  ]
    .join('\n\n')
    .concat('\n')
}

/** docs/errors.md */
export function errorsManual(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, row]) =>
      `### ${code}\n\n${row.says} ${row.hint}\n\nStatus ${row.status}. ${row.retry ? 'The same request may work later.' : 'The same request will fail again.'}`,
  )
  return [
    '# Errors',
    NOTE,
    'An error reply is `{"error": {"code", "message", "facts", "hint", "retry", "request_id"}}`. The server log has the cause under the request id.',
    ...rows,
  ]
    .join('\n\n')
    .concat('\n')
}

/** docs/api.md */
export function apiManual(): string {
  const groups = [...routesByResource()].map(([resource, routes]) => {
    const sections = routes.map(([name, route]) => {
      const lines = [
        `### ${name}`,
        `\`${route.method} ${route.path}\``,
        [route.says, route.details].filter((part) => part !== undefined).join(' '),
        needsOf(route),
        list('Query', fieldsOf(route.query)),
        route.body === undefined ? '' : list('JSON body', fieldsOf(route.body)),
        route.form === undefined
          ? ''
          : list(`Form, with the files in \`${route.form.fileName}\` last`, [...fieldsOf(route.form.fields), ...fieldsOf(route.form.fileFields)]),
        route.reply.kind === 'events' ? `Streams the events ${Object.keys(route.reply.events).join(', ')}; ends with ${route.reply.last.join(' or ')}.` : '',
        `\`\`\`sh\n${curlOf(route)}\n\`\`\``,
        `Errors: ${errorsOf(route).join(', ')}.`,
      ]
      return lines.filter((line) => line !== '').join('\n\n')
    })
    return `## ${resource}\n\n${sections.join('\n\n')}`
  })
  return ['# API', NOTE, 'The running server shows the same at `/api/docs` and as OpenAPI 3.1 at `/api/openapi.json`.', ...groups].join('\n\n').concat('\n')
}

function list(heading: string, lines: readonly FieldLine[]): string {
  if (lines.length === 0) return ''
  const items = lines.map((line) => {
    const state = line.required ? 'required' : line.fallback === undefined ? 'optional' : `default ${line.fallback}`
    return `- \`${line.name}\` (${line.type}, ${state})${line.says === '' ? '' : `: ${line.says}`}`
  })
  return `${heading}:\n\n${items.join('\n')}`
}
