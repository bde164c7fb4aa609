const NAME = 'quarry-draft:'

/** What was typed and not sent, per conversation, as long as the tab lives. Where storage is closed, as long as the page. */
const memory = new Map<string, string>()

export function readDraft(place: string): string {
  try {
    return sessionStorage.getItem(NAME + place) ?? memory.get(place) ?? ''
  } catch {
    return memory.get(place) ?? ''
  }
}

export function writeDraft(place: string, text: string): void {
  if (text === '') memory.delete(place)
  else memory.set(place, text)
  try {
    if (text === '') sessionStorage.removeItem(NAME + place)
    else sessionStorage.setItem(NAME + place, text)
  } catch {
    // closed to frames and private windows, or full: the memory has it
  }
}

/** What stands there already stays before it. */
export function moveDraft(from: string, to: string): void {
  const text = readDraft(from)
  writeDraft(from, '')
  if (text !== '') writeDraft(to, [readDraft(to), text].filter((one) => one !== '').join('\n'))
}

/** Nobody who comes to this tab later finds what was typed in it: anything at all, or at the places `owner:…`. */
export function forgetDrafts(owner?: string): void {
  const start = owner === undefined ? '' : `${owner}:`
  for (const place of [...memory.keys()]) if (place.startsWith(start)) memory.delete(place)
  try {
    const names = Array.from({ length: sessionStorage.length }, (_, at) => sessionStorage.key(at) ?? '')
    for (const name of names) if (name.startsWith(NAME + start)) sessionStorage.removeItem(name)
  } catch {
    // closed: then nothing was kept in it
  }
}
