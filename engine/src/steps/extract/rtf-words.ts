/** Where text goes while a group is open. `skip`: nowhere. */
export type Destination = 'body' | 'note' | 'comment' | 'box' | 'margin' | 'label' | 'fonts' | 'styles' | 'info' | 'skip'

/** Groups by their first control word; other starred groups are skipped. */
export const DESTINATIONS: Readonly<Record<string, Destination>> = {
  fonttbl: 'fonts',
  stylesheet: 'styles',
  title: 'info',
  author: 'info',
  subject: 'info',
  keywords: 'info',
  category: 'info',
  creatim: 'info',
  revtim: 'info',
  footnote: 'note',
  annotation: 'comment',
  shptxt: 'box',
  header: 'margin',
  headerl: 'margin',
  headerr: 'margin',
  headerf: 'margin',
  footer: 'margin',
  footerl: 'margin',
  footerr: 'margin',
  footerf: 'margin',
  listtext: 'label',
  pntext: 'label',
  info: 'skip',
  colortbl: 'skip',
  pict: 'skip',
  nonshppict: 'skip',
  shprslt: 'skip',
  sp: 'skip',
  objdata: 'skip',
  objclass: 'skip',
  fldinst: 'skip',
  bkmkstart: 'skip',
  bkmkend: 'skip',
  upr: 'skip',
  nonesttables: 'skip',
  comment: 'skip',
  pnseclvl: 'skip',
  xe: 'skip',
  tc: 'skip',
  atnid: 'skip',
  atnauthor: 'skip',
  private: 'skip',
  ftnsep: 'skip',
  ftnsepc: 'skip',
  aftnsep: 'skip',
  aftnsepc: 'skip',
}

/** Starred groups that are read as part of what surrounds them. */
export const TRANSPARENT: ReadonlySet<string> = new Set(['shpinst', 'ud', 'fldrslt', 'moMath', 'moMathPara', 'nesttableprops'])
/** Groups that bring text back inside a skipped one. */
export const REVIVING: ReadonlySet<string> = new Set(['ud'])

/** Control words that stand for a character. */
export const SYMBOLS: Readonly<Record<string, string>> = {
  line: '\n',
  lbr: '\n',
  softline: '\n',
  tab: '\t',
  emdash: '—',
  endash: '–',
  emspace: ' ',
  enspace: ' ',
  qmspace: ' ',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  zwj: '\u200d',
  zwnj: '\u200c',
  ltrmark: '\u200e',
  rtlmark: '\u200f',
  nestcell: '\t',
  nestrow: '\n',
}

const CHARSETS: Readonly<Record<number, number>> = {
  77: 10_000,
  128: 932,
  129: 949,
  134: 936,
  136: 950,
  161: 1253,
  162: 1254,
  163: 1258,
  177: 1255,
  178: 1256,
  186: 1257,
  204: 1251,
  222: 874,
  238: 1250,
  254: 437,
  255: 850,
}
const EAST_ASIAN: ReadonlySet<number> = new Set([932, 936, 949, 950])

/** The code page that a font's character set means in a file whose own code page is `ansi`. */
export function codePageOf(charset: number, ansi: number): number {
  if (charset === 0) return EAST_ASIAN.has(ansi) ? ansi : 1252
  return CHARSETS[charset] ?? ansi
}

/** The name that iconv-lite gives to a Windows code page; Western when nobody knows it. */
export function encodingOf(codePage: number): string {
  if (codePage === 10_000) return 'macroman'
  if (codePage === 65_001) return 'utf8'
  if (codePage === 20_127) return 'latin1'
  const known = [437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874, 932, 936, 949, 950]
  return known.includes(codePage) || (codePage >= 1250 && codePage <= 1258) ? `cp${codePage}` : 'cp1252'
}
