import { decodeText } from './encoding.ts'
import type { Reader } from './reader.ts'

const CUE_TIME = /^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->/
/** Source: some two screens of speech, so that a quote stays near its place. */
const CUES_TOGETHER = 12

/** Plain text in any encoding: paragraphs are what empty lines divide. Subtitles lose their numbers and times. */
export const readText: Reader = async (source, out) => {
  const { text, doubt } = decodeText(source.bytes())
  if (doubt !== undefined) out.warn(doubt)
  const paragraphs = text.replace(/\r\n?/g, '\n').split(/\n[^\S\n]*(?:\n[^\S\n]*)+/)
  const cues = paragraphs.filter((paragraph) => paragraph.split('\n', 3).some((line) => CUE_TIME.test(line))).length
  if (cues >= 1 && cues >= paragraphs.length * 0.6) {
    const spoken = paragraphs.map(withoutTimes).filter((cue) => cue !== '')
    for (let at = 0; at < spoken.length; at += CUES_TOGETHER) out.add('paragraph', spoken.slice(at, at + CUES_TOGETHER).join('\n'))
    return
  }
  for (const paragraph of paragraphs) out.add(isList(paragraph) ? 'list' : 'paragraph', paragraph)
}

function withoutTimes(cue: string): string {
  const lines = cue.split('\n')
  const time = lines.findIndex((line) => CUE_TIME.test(line))
  return lines
    .slice(time + 1)
    .map((line) => line.replace(/<[^<>]{0,100}>/g, ''))
    .join('\n')
    .trim()
}

function isList(paragraph: string): boolean {
  const lines = paragraph.split('\n')
  return (
    lines.length > 1 &&
    lines.every((line) => /^\s*(?:[-*•–]|\d{1,3}[.)]) /.test(line) || /^\s{2,}\S/.test(line)) &&
    /^\s*(?:[-*•–]|\d{1,3}[.)]) /.test(lines[0] ?? '')
  )
}
