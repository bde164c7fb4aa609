import { CHAT } from '../../strings/chat.ts'

export interface DayGroup<One> {
  readonly label: string
  readonly items: readonly One[]
}

const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' })

/** Groups what is sorted by time, newest first, by how a reader remembers days. */
export function byDay<One extends { readonly updated_at: string }>(items: readonly One[], now: Date): readonly DayGroup<One>[] {
  const groups = new Map<string, One[]>()
  for (const item of items) {
    const label = labelOf(new Date(item.updated_at), now)
    const group = groups.get(label)
    if (group === undefined) groups.set(label, [item])
    else group.push(item)
  }
  return [...groups].map(([label, ones]) => ({ label, items: ones }))
}

function labelOf(date: Date, now: Date): string {
  const daysAgo = Math.round((midnight(now) - midnight(date)) / 86_400_000)
  if (daysAgo <= 0) return CHAT.days.today
  if (daysAgo === 1) return CHAT.days.yesterday
  if (daysAgo < 7) return CHAT.days.week
  if (daysAgo < 30) return CHAT.days.month
  return month.format(date)
}

const midnight = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
