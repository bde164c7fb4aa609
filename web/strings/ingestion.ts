import { bytes, count, duration, number, percent, rateOf } from '../lib/format.ts'

const files = (many: number) => count(many, 'file', 'files')
const pages = (many: number) => count(many, 'page', 'pages')
const chunks = (many: number) => count(many, 'chunk', 'chunks')

export const DROP = {
  title: 'Drop files or a folder here',
  hint: 'PDF, Word, Excel, PowerPoint, OpenDocument, HTML, Markdown, e-mail, e-books, pictures with text, archives and more.',
  letGo: 'Let go to add them',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose a folder',
  looking: 'Looking through the folder …',
  nothing: 'There was no file in it that could be added.',
  skipped: (many: number) => `${count(many, 'hidden file or folder was', 'hidden files and folders were')} left out.`,
  unreadable: (paths: readonly string[]) =>
    `The browser could not read ${files(paths.length)}: ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ' …' : ''}. Check that you may open them.`,
} as const

export const INGESTION = {
  adding: (many: number) => `Adding ${files(many)}`,
  finished: (done: number, failed: number) => `${files(done)} added${failed > 0 ? `, ${number(failed)} not` : ''}`,
  onlyFailed: (many: number) => `${files(many)} could not be added`,
  overall: 'All files',
  through: (done: number, all: number) => `${number(done)} of ${files(all)} through`,
  toSend: (many: number, size: number) => `${files(many)} to send, ${bytes(size)}`,
  rate: {
    pages: (perSecond: number) => `${rateOf(perSecond)} pages/s`,
    chunks: (perSecond: number) => `${rateOf(perSecond)} chunks/s`,
    bytes: (perSecond: number) => `${bytes(Math.round(perSecond))}/s`,
  },
  left: (seconds: number) => `about ${duration(Math.max(1, seconds))} left`,
  status: (share: number) => `${percent(share)} of all files done.`,
  ended: (done: number, failed: number) => `All files are through. ${files(done)} added${failed > 0 ? `, ${number(failed)} could not be added` : ''}.`,
  show: 'Show the files',
  hide: 'Hide the files',
  dismiss: 'Done',
  cancelAll: 'Cancel all',
  retryAll: 'Retry all that failed',
  groups: 'Which files to show',
  group: { all: 'All', active: 'Under way', failed: 'Not added', done: 'Added' },
  chip: (label: string, many: number) => `${label} ${number(many)}`,
  list: 'Files',
  nothingHere: 'No file is in this state.',
  unnamed: 'Looking up the name …',
  polling: 'Live progress was cut off. The server is asked every few seconds until the connection is back.',
  lost: 'The server cannot be reached. What was sent is safe; this goes on by itself when the connection is back.',
  halted: 'Sending has stopped',
  keepOpen: 'Keep this tab open until all files are sent. Reading goes on without it.',
  steps: { label: 'Steps', read: 'Read', chunked: 'Chunked', embedded: 'Embedded', indexed: 'Indexed' },
  stepState: { done: 'done', now: 'now', later: 'later' },
  state: {
    unsent: 'Waits to be sent',
    sending: 'Sending',
    queued: 'Waits for its turn',
    retrying: (attempt: number) => `Waits for attempt ${number(attempt)}`,
    reading: 'Reading',
    chunking: 'Cutting into chunks',
    embedding: 'Computing vectors',
    indexing: 'Indexing',
    ready: 'Added',
    archive: 'Unpacked: its files are documents of their own',
    unchanged: 'Unchanged: it was here already',
    failed: 'Not added',
    cancelled: 'Cancelled',
    cancelling: 'Cancelling …',
  },
  amount: {
    bytes: (done: number, total: number) => `${bytes(done)} of ${bytes(total)}`,
    pages: (done: number, total: number) => (total > 0 ? `${number(done)} of ${pages(total)}` : pages(done)),
    chunks: (done: number, total: number) => (total > 0 ? `${number(done)} of ${chunks(total)}` : chunks(done)),
  },
  pages,
  chunks,
  warnings: (many: number) => count(many, 'warning', 'warnings'),
  facts: {
    reason: (value: string) => `${value.charAt(0).toUpperCase()}${value.slice(1).replace(/\.$/, '')}.`,
    limit: (value: string) => `The limit is ${value.replace(/^\d+/, (digits) => number(Number(digits)))}.`,
    parser: (value: string) => `The reader says: ${value}`,
    mediaType: (value: string) => `It is of the type ${value}.`,
  },
  cancelledHint: 'You cancelled it. Retry it to add it after all.',
  cancel: (path: string) => `Cancel ${path}`,
  retry: (path: string) => `Retry ${path}`,
  stopTitle: 'Stop everything that is under way?',
  stop: 'Stop all',
  stopSome: (unsent: number, waiting: number) =>
    [
      unsent > 0 && `${count(unsent, 'file that is not sent yet is', 'files that are not sent yet are')} left out.`,
      waiting > 0 &&
        `${count(waiting, 'file that the server has', 'files that the server has')} will not be read; you can retry ${waiting === 1 ? 'it' : 'them'} later.`,
      'What is added already stays.',
    ]
      .filter((one) => one !== false)
      .join(' '),
} as const
