import { api } from '../../lib/api.ts'

/** Saves a conversation as a Markdown file. */
export async function saveConversation({ id, title }: { readonly id: string; readonly title: string }): Promise<void> {
  const content = await new Response(await api.download('exportConversation', { parameters: { conversation: id } })).blob()
  const address = URL.createObjectURL(new Blob([content], { type: 'text/markdown;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${fileName(title)}.md`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** What every file system takes. */
export function fileName(title: string): string {
  const plain = title
    .replace(/[\p{C}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  return [...plain].slice(0, 80).join('').trim() || 'conversation'
}
