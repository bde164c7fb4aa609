const DAY_MS = 86_400_000

/** A day of UTC such as 2026-11-26, `back` days before `now` (epoch ms). */
export const utcDay = (back = 0, now = Date.now()): string => new Date(now - back * DAY_MS).toISOString().slice(0, 10)

/** Every day from the first to the last, both included. */
export function everyDay(from: string, to: string): readonly string[] {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10))
  return days
}

/** One point for each day of a report: days of which it has no line count nothing. */
export function dailyPoints<Line extends { readonly day: string | null }>(
  report: { readonly from: string; readonly to: string; readonly lines: readonly Line[] },
  amount: (line: Line) => number,
): readonly { readonly day: string; readonly value: number }[] {
  const sums = new Map<string, number>()
  for (const line of report.lines) if (line.day !== null) sums.set(line.day, (sums.get(line.day) ?? 0) + amount(line))
  return everyDay(report.from, report.to).map((day) => ({ day, value: sums.get(day) ?? 0 }))
}
