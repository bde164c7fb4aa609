let kept: readonly File[] = []

/** Holds files that were dropped on one screen until the next screen takes them; files cannot travel in an address. */
export function keepDropped(files: readonly File[]): void {
  kept = files
}

/** The files that were dropped on the screen before, once. */
export function takeDropped(): readonly File[] {
  const files = kept
  kept = []
  return files
}
