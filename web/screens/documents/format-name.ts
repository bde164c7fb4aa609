import { FORMATS } from '../../strings/documents.ts'

/** What people call a media type: PDF, Word, PNG; of one that nobody names, its second half. */
export function formatName(mediaType: string): string {
  const plain = mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  const known = FORMATS[plain]
  if (known !== undefined) return known
  const short = (plain.split('/')[1] ?? plain).replace(/^(x-|vnd\.)/, '').replace(/\+\w+$/, '')
  return plain.startsWith('image/') ? short.toUpperCase() : short === '' ? mediaType : short
}
