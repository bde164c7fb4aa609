import { api } from '../../lib/api.ts'
import { saveFile } from '../../lib/save-file.ts'

/** Saves a branch of a conversation as a Markdown file: the one through the message `leaf`, by default the one that was written to last. */
export async function saveConversation({ id, title }: { readonly id: string; readonly title: string }, leaf: string | undefined): Promise<void> {
  const content = await api.download('exportConversation', { parameters: { conversation: id }, query: leaf === undefined ? {} : { leaf } })
  await saveFile(content, `${fileName(title)}.md`, 'text/markdown;charset=utf-8')
}

/** What every file system takes. */
export function fileName(title: string): string {
  const plain = title
    .replace(/[\p{C}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  return [...plain].slice(0, 80).join('').trim() || 'conversation'
}
