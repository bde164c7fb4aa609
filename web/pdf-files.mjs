// Puts the files that pdf.js asks for while it draws (character maps of East Asian fonts, the fourteen standard fonts,
// decoders of JPEG 2000 and JBIG2) below web/public, so that they come from our own address and from nowhere else.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const KEPT = [
  ['cmaps', /\.bcmap$|^LICENSE/],
  ['standard_fonts', /\.(pfb|ttf)$|^LICENSE/],
  ['wasm', /^(jbig2|openjpeg)|LICENSE.*(JBIG2|OPENJPEG)/],
]

/** Does nothing when they are there already, of the same version. */
export function copyPdfFiles() {
  const target = join(import.meta.dirname, 'public/pdf')
  const manifest = createRequire(import.meta.url).resolve('pdfjs-dist/package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  const stamp = join(target, 'version.txt')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) return
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const [folder, kept] of KEPT) {
    const source = join(dirname(manifest), folder)
    cpSync(source, join(target, folder), { recursive: true, filter: (path) => path === source || kept.test(path.slice(source.length + 1)) })
  }
  writeFileSync(stamp, version)
}
