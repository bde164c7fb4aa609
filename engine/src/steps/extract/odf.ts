import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { emptyStyles, learnStyle, type OdfStyles, odfWriter } from './odf-blocks.ts'
import { readOdfProperties, refuseEncryptedOdf } from './odf-package.ts'
import { paragraphsOf } from './odf-text.ts'
import { openPackage, type Package } from './ooxml.ts'
import type { Reader } from './reader.ts'
import { children, descendants, type XmlElement } from './xml-stream.ts'

const STYLE_PATH = new Set(['office:document-styles', 'office:document-content', 'office:styles', 'office:automatic-styles'])
const TEXT_PATH = new Set(['office:body', 'office:text', 'text:section', 'text:index-body', 'office:presentation', 'office:drawing'])
const MARGINS = ['style:header', 'style:header-first', 'style:header-left', 'style:footer', 'style:footer-first', 'style:footer-left']

/** OpenDocument texts (odt, ott). Notes follow their paragraph; headers and footers come once, at the end. */
export const readOdt: Reader = async (source, out, context) => {
  const pack = openPackage(source, context.limits, out)
  const { styles, margins } = await begin(pack, out)
  const writer = odfWriter(styles, out)
  await pack.stream('content.xml', {
    open: (name) => (isStyle(name) ? 'unit' : STYLE_PATH.has(name) || TEXT_PATH.has(name) ? undefined : SKIPPED.has(name) ? 'skip' : 'unit'),
    unit: (element) => (isStyle(element.name) ? learnStyle(element, styles) : writer.block(element)),
  })
  await out.section('', () => {
    for (const text of margins) out.add('paragraph', text)
  })
}

/** OpenDocument presentations and drawings: one page per slide, its title as heading, its notes at its end. */
export const readOdp: Reader = async (source, out, context) => {
  const pack = openPackage(source, context.limits, out)
  const { styles } = await begin(pack, out)
  const pending: XmlElement[] = []
  let number = 0
  await pack.stream('content.xml', {
    open: (name) => (isStyle(name) || name === 'draw:page' ? 'unit' : STYLE_PATH.has(name) || TEXT_PATH.has(name) ? undefined : 'skip'),
    unit: (element) => {
      if (isStyle(element.name)) {
        learnStyle(element, styles)
        return
      }
      pending.push(element)
    },
    settle: async () => {
      for (const page of pending.splice(0)) {
        number += 1
        if (number > context.limits.pages) throw new AppError('document/too-large', { limit: `${context.limits.pages} slides` })
        out.page(number)
        await addSlide(page, styles, out)
        context.progress(number, 0)
      }
    },
  })
}

const SKIPPED = new Set(['office:scripts', 'office:font-face-decls', 'text:tracked-changes', 'text:table-of-content', 'text:sequence-decls', 'office:forms'])

function isStyle(name: string): boolean {
  return name === 'style:style' || name === 'text:list-style'
}

async function begin(pack: Package, out: TextBuilder): Promise<{ styles: OdfStyles; margins: readonly string[] }> {
  await refuseEncryptedOdf(pack)
  await readOdfProperties(pack, out)
  const styles = emptyStyles()
  const root = await pack.optional('styles.xml')
  const margins = new Set<string>()
  if (root !== undefined) {
    for (const name of ['style:style', 'text:list-style']) for (const style of descendants(root, name)) learnStyle(style, styles)
    for (const name of MARGINS) for (const margin of descendants(root, name)) margins.add(paragraphsOf(margin))
  }
  return { styles, margins: [...margins].filter((text) => /\p{L}\P{Z}*\p{L}/u.test(text)) }
}

/** The slide's title first, then its frames in drawing order, then the notes. */
async function addSlide(page: XmlElement, styles: OdfStyles, out: TextBuilder): Promise<void> {
  const frames = children(page)
  const titled = frames.find((frame) => frame.attributes['presentation:class'] === 'title' && paragraphsOf(frame) !== '')
  const title = titled === undefined ? '' : paragraphsOf(titled)
  if (title !== '') out.title ??= title
  await out.section(title, () => {
    const writer = odfWriter(styles, out)
    for (const frame of frames) if (frame !== titled) writer.block(frame)
    for (const notes of children(page, 'presentation:notes')) {
      const text = children(notes)
        .filter((frame) => frame.attributes['presentation:class'] === 'notes')
        .map(paragraphsOf)
        .filter((part) => part !== '')
        .join('\n')
      if (text !== '') out.add('paragraph', `Notes: ${text}`)
    }
  })
}
