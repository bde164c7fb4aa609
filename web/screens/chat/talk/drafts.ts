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

export function moveDraft(from: string, to: string): void {
  const text = readDraft(from)
  writeDraft(from, '')
  if (text !== '') writeDraft(to, text)
}
