import type { Input } from 'quarry-engine/client'

export type Setting = NonNullable<Input<'evaluate'>['body']['settings']>[number]

/** As the database is set; no model: the best sentences; another one. */
export type Writer = 'same' | 'none' | 'other'

/** What is different about the setting that is compared with; undefined and "same": as it is. */
export interface Compared {
  readonly version: string | undefined
  readonly writer: Writer
  /** PROVIDER:NAME, for another model. */
  readonly model: string
  /** Share of the search by meaning, 0 to 1. */
  readonly dense: number | undefined
}

export const NOTHING_COMPARED: Compared = { version: undefined, writer: 'same', model: '', dense: undefined }

export function isNamed({ writer, model }: Compared): boolean {
  return writer !== 'other' || /^[a-z0-9]+:\S{1,180}$/.test(model.trim())
}

/** Undefined: nothing is different. Who writes makes no difference where answers are not measured. */
export function settingOf({ version, writer, model, dense }: Compared, answers: boolean): Setting | undefined {
  const setting = {
    ...(version === undefined ? {} : { version }),
    ...(answers && writer !== 'same' ? { chat_model: writer === 'none' ? 'extractive' : model.trim() } : {}),
    ...(dense === undefined ? {} : { weights: { dense, lexical: Math.round((1 - dense) * 100) / 100 } }),
  }
  return Object.keys(setting).length === 0 ? undefined : setting
}
