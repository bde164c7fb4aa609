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

/** The places of one owner, `owner:…`, at which something is kept. */
export function draftPlaces(owner: string): readonly string[] {
  const places = new Set(memory.keys())
  try {
    for (let at = 0; at < sessionStorage.length; at++) {
      const name = sessionStorage.key(at) ?? ''
      if (name.startsWith(NAME)) places.add(name.slice(NAME.length))
    }
  } catch {
    // closed: the memory has all
  }
  return [...places].filter((place) => place.startsWith(`${owner}:`))
}

/** Nobody who comes to this tab later finds what was typed in it: anything at all, or at the places `owner:…`. */
export function forgetDrafts(owner?: string): void {
  if (owner !== undefined) {
    for (const place of draftPlaces(owner)) writeDraft(place, '')
    return
  }
  memory.clear()
  try {
    const names = Array.from({ length: sessionStorage.length }, (_, at) => sessionStorage.key(at) ?? '')
    for (const name of names) if (name.startsWith(NAME)) sessionStorage.removeItem(name)
  } catch {
    // closed: then nothing was kept in it
  }
}
