import { registerHooks } from 'node:module'
import { newTrace } from '../../ports/trace-samples.contract.ts'

// A process of its own for the tests: tells which files of OpenTelemetry were loaded before and after the first trace.
const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    if (url.includes('/@opentelemetry/')) loaded.push(url)
    return next(url, context)
  },
})
const { otelTelemetry } = await import('./telemetry.ts')
const log = { warn: (event: string) => console.error(event) }
const telemetry = otelTelemetry({ endpoint: process.argv[2] ?? '', headers: {}, service: 'quarry', capturesText: false, log })
const before = loaded.length
telemetry.told(newTrace('usr_1'))
await telemetry.close()
console.log(JSON.stringify({ before, after: loaded.length }))
