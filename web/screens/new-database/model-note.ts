/** The note of a model without the names of facts that stand in it as name=value. */
export function modelNote(note: string): string {
  return note.replaceAll(/ (?:service|model)=\S+/g, '').replaceAll(/\.? reason=/g, ': ')
}
