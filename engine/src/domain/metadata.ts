/** What a person or program attaches to a document; filters read it. Lists hold one type of value. */
export type MetadataValue = string | number | boolean | readonly string[] | readonly number[]
export type Metadata = Readonly<Record<string, MetadataValue>>

/** Names of metadata fields. Built-in fields begin with "@", so the two never meet. */
export const METADATA_KEY = /^[A-Za-z0-9_.-]{1,64}$/
/** Source: keeps one document's fields in a few KiB, so that filters over 100,000 documents stay in memory. */
export const METADATA_LIMITS = { keys: 64, stringLength: 2000, listLength: 100 } as const
