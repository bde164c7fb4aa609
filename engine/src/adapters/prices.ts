import type { Price, Prices } from '../domain/prices.ts'
import { PRICE_LIST } from './price-list.ts'

const FREE: Price = { input: 0, output: 0 }
/** What runs on this machine, or on one of the operator's own. */
const OWN_MACHINE = /^(?:local|ollama):/
/** A snapshot such as gpt-4o-2024-08-06 or claude-sonnet-4-5-20250929 costs what the model costs that it is of. */
const SNAPSHOT = /-(?:\d{4}-\d{2}-\d{2}|20\d{6}|latest)$/
/** Where a request to Bedrock may be answered, and which version of a model: neither changes the price, apart from `REGIONAL`. */
const BEDROCK = /^bedrock:(?:(?<where>global|us-gov|us|eu|apac|jp|au|ca|sa|mx|il|uk)\.)?(?<model>[a-z0-9-]+\..+)$/
const BEDROCK_VERSION = /(?:-v\d+(?=:|$)|-1(?=:))?(?::\d+(?::[a-z0-9]+)?)?$/
/** Source: AWS asks a tenth more for these models unless they may be answered anywhere. */
const REGIONAL = { factor: 1.1, models: /^(?:anthropic:claude-(?:[a-z]+-(?:4-[5-9]|[5-9]))|bedrock:amazon\.nova-2-)/ }

/** `own` comes first, by the full name of a model. */
export function modelPrices(own: Readonly<Record<string, Price>>): Prices {
  const table = new Map([...Object.entries(PRICE_LIST), ...Object.entries(own)])
  const plain = (model: string) => table.get(model) ?? table.get(model.replace(SNAPSHOT, ''))
  return {
    of: (model) => table.get(model) ?? (OWN_MACHINE.test(model) ? FREE : (plain(model) ?? ofBedrock(model, plain))),
  }
}

function ofBedrock(name: string, plain: (model: string) => Price | undefined): Price | undefined {
  const { where, model } = BEDROCK.exec(name)?.groups ?? {}
  if (model === undefined) return undefined
  const bare = model.replace(BEDROCK_VERSION, '')
  const listed = bare.startsWith('anthropic.') ? bare.replace('anthropic.', 'anthropic:') : `bedrock:${bare}`
  // Some names end in a version that is part of what they are called: they are listed with it.
  const full = `bedrock:${model.replace(/:\d+(?::[a-z0-9]+)?$/, '')}`
  const found = plain(full) ?? plain(listed)
  if (found === undefined || where === 'global' || !REGIONAL.models.test(listed)) return found
  return times(found, REGIONAL.factor)
}

function times(price: Price, factor: number): Price {
  const dearer = (amount: number) => Number((amount * factor).toPrecision(6))
  const { above } = price
  return {
    input: dearer(price.input),
    output: dearer(price.output),
    ...(above === undefined ? {} : { above: { tokens: above.tokens, input: dearer(above.input), output: dearer(above.output) } }),
  }
}
