/**
 * Everything that can go wrong, once. `docs/errors.md` is generated from this table and held to it by a test.
 * `says` is a full sentence; the facts given at the throw follow it; `hint` tells the person what to do.
 */
interface ErrorRow {
  readonly status: number
  readonly retry: boolean
  readonly says: string
  readonly hint: string
}

const rows = {
  // requests
  'request/invalid': {
    status: 400,
    retry: false,
    says: 'The request is not of the form that this route takes.',
    hint: 'Compare it with the reference at /api/docs.',
  },
  'request/too-large': {
    status: 413,
    retry: false,
    says: 'The request is larger than this server accepts.',
    hint: 'Send less at once, or raise the limit named in the facts.',
  },
  'request/unsupported-type': {
    status: 415,
    retry: false,
    says: 'This route does not take a body of this content type.',
    hint: 'Send the content type that the reference names.',
  },
  'request/timeout': { status: 408, retry: true, says: 'The request took too long to arrive.', hint: 'Send it again on a faster connection.' },
  'request/unknown-route': { status: 404, retry: false, says: 'There is no such route.', hint: 'The routes are listed at /api/docs.' },
  'request/method-not-allowed': { status: 405, retry: false, says: 'This route does not take this method.', hint: 'The routes are listed at /api/docs.' },
  'request/misdirected': {
    status: 421,
    retry: false,
    says: 'The Host header names a host that this server does not answer for.',
    hint: 'Use the address that the server printed, or set ALLOWED_HOSTS.',
  },
  'request/upgrade-needed': { status: 426, retry: false, says: 'This route takes WebSockets only.', hint: 'Connect with a WebSocket client.' },
  'request/idempotency-conflict': {
    status: 409,
    retry: false,
    says: 'This Idempotency-Key was used for a different request.',
    hint: 'Use a new key for a new request.',
  },
  'request/aborted': {
    status: 499,
    retry: true,
    says: 'The client went away before the request was complete.',
    hint: 'Send the request again; nothing of it was kept.',
  },
  'filter/invalid': { status: 400, retry: false, says: 'The filter cannot be read.', hint: 'See "Filters" in the manual for fields, operators and limits.' },
  // callers
  'auth/required': {
    status: 401,
    retry: false,
    says: 'This needs a token.',
    hint: 'Send "Authorization: Bearer <token>" with an API key or the token of "quarry login"; on the machine of the server the file "token" in the data folder holds one.',
  },
  'auth/invalid': {
    status: 401,
    retry: false,
    says: 'The credential is not valid here.',
    hint: 'It may be wrong, revoked, expired, or bound to other addresses or pages: sign in again, or make a new key.',
  },
  'auth/forbidden': { status: 403, retry: false, says: 'This caller may not do this.', hint: 'Use a credential with the right named in the facts.' },
  'auth/person-needed': {
    status: 403,
    retry: false,
    says: 'Only a person who signed in may do this, not a program with a key.',
    hint: 'Sign in, in a browser or with "quarry login".',
  },
  'auth/wrong-password': { status: 401, retry: false, says: 'E-mail address and password do not fit.', hint: 'Try again, or ask for a reset link.' },
  'auth/foreign-origin': {
    status: 403,
    retry: false,
    says: 'A page of another origin may not do this with the sign-in of a browser.',
    hint: 'Open the page of this server; programs send a token in the Authorization header.',
  },
  'account/not-found': { status: 404, retry: false, says: 'There is no such account.', hint: 'List the people with "quarry users".' },
  'account/exists': { status: 409, retry: false, says: 'An account with this e-mail address exists.', hint: 'Use another address, or sign in with it.' },
  'account/claimed': { status: 409, retry: false, says: 'This server has an owner already.', hint: 'Sign in, or ask the owner for an invitation.' },
  'account/unclaimed': {
    status: 409,
    retry: false,
    says: 'This server has no owner yet.',
    hint: 'Open the claim link that the server printed, or run "quarry users claim EMAIL" on its machine.',
  },
  'account/last-owner': {
    status: 409,
    retry: false,
    says: 'The server needs an owner: the last one, and the first account, stay.',
    hint: 'Make another account an owner first; of the first account change the e-mail address.',
  },
  'account/weak-password': {
    status: 422,
    retry: false,
    says: 'The password cannot be used.',
    hint: 'Choose at least 12 characters that are not your e-mail address; several words are best.',
  },
  'ticket/invalid': {
    status: 400,
    retry: false,
    says: 'The link is wrong, was used, or its time is over.',
    hint: 'Ask for a new one: each link works once.',
  },
  'invitation/not-found': {
    status: 404,
    retry: false,
    says: 'There is no such invitation.',
    hint: 'It was used, taken back, or its time is over: list the open ones.',
  },
  'key/not-found': { status: 404, retry: false, says: 'There is no such key.', hint: 'List the keys with "quarry keys".' },
  'key/revoked': { status: 409, retry: false, says: 'The key is revoked and cannot be changed.', hint: 'Make a new one.' },
  'key/too-wide': {
    status: 403,
    retry: false,
    says: 'A key may not do more than the one who makes it.',
    hint: 'Leave out the right or the database that is named in the facts.',
  },
  'share/not-found': { status: 404, retry: false, says: 'The database is not shared with this account.', hint: 'List with whom it is shared.' },
  'publication/not-found': { status: 404, retry: false, says: 'There is no such published chat.', hint: 'It may have been closed; ask who gave you the link.' },
  'visitor/not-found': { status: 404, retry: false, says: 'There is no such visitor.', hint: 'It was deleted, or never asked anything.' },
  'message/not-found': {
    status: 404,
    retry: false,
    says: 'There is no such message.',
    hint: 'Read the conversation again; questions follow answers, and only answers are rated.',
  },
  'link/not-found': {
    status: 404,
    retry: false,
    says: 'This link opens no conversation.',
    hint: 'It was taken back, its time is over, or the conversation is gone: ask who gave it to you.',
  },
  'conversation/closed': { status: 409, retry: false, says: 'Not all that this conversation is about is open to you.', hint: 'Begin a new conversation.' },
  'conversation/not-found': { status: 404, retry: false, says: 'There is no such conversation.', hint: 'List your conversations.' },
  'provider/unavailable': {
    status: 503,
    retry: true,
    says: 'The sign-in provider does not answer.',
    hint: 'Try again shortly; sessions that are open stay so.',
  },
  'provider/none': { status: 404, retry: false, says: 'No sign-in provider is set up.', hint: 'Sign in with e-mail address and password, or set OIDC_ISSUER.' },
  'mail/unavailable': { status: 503, retry: true, says: 'The letter could not be sent.', hint: 'Check SMTP_URL, or hand the link over yourself.' },
  // limits
  'limit/rate': { status: 429, retry: true, says: 'Too many requests in this time.', hint: 'Wait as long as Retry-After says.' },
  'limit/streams': { status: 429, retry: true, says: 'Too many streams are open at the same time.', hint: 'Close one, or wait until one has ended.' },
  'limit/quota': {
    status: 429,
    retry: false,
    says: 'The quota of this time is used up.',
    hint: 'It begins anew when the facts say; the owner of the server can give a larger plan.',
  },
  'limit/spend': {
    status: 429,
    retry: false,
    says: 'The budget for language and embedding models is used up, so this was not asked.',
    hint: 'It begins anew when the facts say; the owner of the server can raise it. Searching by words costs nothing and goes on.',
  },
  'limit/unpriced': {
    status: 422,
    retry: false,
    says: 'There is a budget, but the price of this model is not known.',
    hint: 'Tell it in MODEL_PRICES, or take the budget away.',
  },
  'limit/storage': {
    status: 429,
    retry: false,
    says: 'There is no room left in this plan.',
    hint: 'Delete documents, or ask the owner of the server for a larger plan.',
  },
  'plan/not-found': { status: 404, retry: false, says: 'There is no such plan.', hint: 'List the plans with GET /api/v1/plans.' },
  'plan/exists': { status: 409, retry: false, says: 'A plan with this name exists.', hint: 'Choose another name.' },
  'plan/in-use': { status: 409, retry: false, says: 'The plan is built in, or given to somebody.', hint: 'Give those another plan first.' },
  'upload/not-found': { status: 404, retry: false, says: 'There is no such upload.', hint: 'It was finished or given up: begin a new one.' },
  'upload/offset': { status: 409, retry: true, says: 'The piece does not begin where the last one ended.', hint: 'Go on at the offset in the facts.' },
  // databases, documents, jobs
  'database/not-found': {
    status: 404,
    retry: false,
    says: 'There is no such database.',
    hint: 'List the databases with "quarry list" or GET /api/v1/databases.',
  },
  'database/exists': {
    status: 409,
    retry: false,
    says: 'A database with this name exists.',
    hint: 'Choose another name, or add documents to the existing one.',
  },
  'database/ambiguous': {
    status: 409,
    retry: false,
    says: 'Several databases with this name are shared with you.',
    hint: 'Use the id of the one that you mean; "quarry list" shows them.',
  },
  'database/busy': { status: 409, retry: true, says: 'The database is being rebuilt or deleted.', hint: 'Wait for the running job, or cancel it.' },
  'document/not-found': { status: 404, retry: false, says: 'There is no such document.', hint: 'List the documents of the database.' },
  'document/empty': {
    status: 422,
    retry: false,
    says: 'The document holds no text.',
    hint: 'If it is a scan, check that OCR is on and that its language is installed.',
  },
  'document/encrypted': {
    status: 422,
    retry: false,
    says: 'The document is protected by a password.',
    hint: 'Save a copy without a password and upload that.',
  },
  'document/truncated': {
    status: 422,
    retry: false,
    says: 'The document ends too early.',
    hint: 'It was probably cut off in a download or copy: fetch it again.',
  },
  'document/corrupt': {
    status: 422,
    retry: false,
    says: 'The document is damaged and cannot be read.',
    hint: 'Open it in its program, save it anew and upload that.',
  },
  'document/unsupported': {
    status: 422,
    retry: false,
    says: 'Documents of this type are not supported.',
    hint: 'Convert it to PDF, DOCX, HTML or text first.',
  },
  'document/hostile': {
    status: 422,
    retry: false,
    says: 'The document would need far more than it may to be read, or tries to reach outside itself.',
    hint: 'If you trust it, open it in its program and save it anew.',
  },
  'document/too-large': {
    status: 422,
    retry: false,
    says: 'The document is larger than the limit for extraction.',
    hint: 'Split it, or raise the limit named in the facts.',
  },
  'document/timeout': {
    status: 422,
    retry: false,
    says: 'Reading the document took longer than the limit.',
    hint: 'Split it, or raise EXTRACT_TIMEOUT_SECONDS.',
  },
  'document/out-of-memory': {
    status: 422,
    retry: false,
    says: 'Reading the document took more memory than the limit.',
    hint: 'Split it, or raise EXTRACT_MEMORY_MIB.',
  },
  'extract/crashed': {
    status: 500,
    retry: true,
    says: 'The extraction process ended without a result.',
    hint: 'It is tried again by itself; if it stays so, report the document type.',
  },
  'job/not-found': { status: 404, retry: false, says: 'There is no such job.', hint: 'List the jobs with GET /api/v1/jobs.' },
  'job/finished': { status: 409, retry: false, says: 'The job has ended and cannot be changed.', hint: 'Start a new one.' },
  'job/lease-lost': { status: 409, retry: true, says: 'Another worker has taken over this job.', hint: 'Nothing to do: the other worker goes on.' },
  'job/uncancellable': {
    status: 409,
    retry: false,
    says: 'A removal cannot be cancelled.',
    hint: 'What it removes has been hidden already; upload it again when you want it back.',
  },
  'job/cancelled': { status: 409, retry: false, says: 'The job was cancelled.', hint: 'Start it again when you want it after all.' },
  'version/not-found': { status: 404, retry: false, says: 'There is no such index version.', hint: 'List the versions of the database.' },
  'version/live': {
    status: 409,
    retry: false,
    says: 'The live index version cannot be deleted.',
    hint: 'Switch to another version first, or delete the database.',
  },
  'version/too-many': {
    status: 409,
    retry: false,
    says: 'The database has as many versions beside the live one as can be kept up to date.',
    hint: 'Switch to one of them or drop one first, or let the new one be switched to as soon as it is built.',
  },
  'version/stale': { status: 409, retry: true, says: 'The live index version changed meanwhile.', hint: 'It is tried again by itself.' },
  // stores
  'store/damaged': {
    status: 503,
    retry: false,
    says: 'A stored file is damaged or missing.',
    hint: 'Nothing was overwritten. Restore the file named in the facts from a backup.',
  },
  'store/full': { status: 507, retry: true, says: 'There is no space left to write.', hint: 'Free some space; deleting documents works all the same.' },
  'store/locked': { status: 503, retry: false, says: 'Another process owns this data folder.', hint: 'Stop it, or choose another folder with QUARRY_DATA.' },
  'store/unavailable': { status: 503, retry: true, says: 'A store that Quarry needs does not answer.', hint: 'Try again shortly; see the server log.' },
  'store/too-new': {
    status: 503,
    retry: false,
    says: 'The data folder was written by a newer version of Quarry.',
    hint: 'Start that version, or restore a backup made by this one.',
  },
  'blob/not-found': { status: 404, retry: false, says: 'The stored content is missing.', hint: 'Upload the document again.' },
  'vectors/dimension': {
    status: 422,
    retry: false,
    says: 'A vector has the wrong number of dimensions or a value that is not a number.',
    hint: 'Use the model the index version was made with, or rebuild the database with the new one.',
  },
  // models
  'model/unknown': { status: 422, retry: false, says: 'There is no such model.', hint: 'List the models with "quarry models".' },
  'model/unavailable': { status: 503, retry: true, says: 'The model does not answer.', hint: 'Check its address and key; lexical search goes on without it.' },
  'model/refused': { status: 422, retry: false, says: 'The model provider refused the request.', hint: 'See the facts for what the provider said.' },
  'model/not-installed': { status: 422, retry: false, says: 'The local model is not installed.', hint: 'Fetch it with "quarry models fetch NAME".' },
  // settings and start
  'settings/fixed': {
    status: 409,
    retry: false,
    says: 'The environment of the server sets this, and comes first.',
    hint: 'Unset the variable that is named in the facts and start the server again, or change it there.',
  },
  'settings/invalid': { status: 500, retry: false, says: 'Settings are missing or wrong.', hint: 'See docs/settings.md.' },
  'answer/interrupted': {
    status: 503,
    retry: true,
    says: 'The server was stopped while it was answering.',
    hint: 'Ask again; nothing of this answer was kept.',
  },
  'answer/stopped': { status: 499, retry: true, says: 'The answer was stopped.', hint: 'Ask again; nothing of this answer was kept.' },
  'answer/too-long': { status: 422, retry: false, says: 'The answer is longer than a stream may hold.', hint: 'Ask for fewer passages.' },
  'stream/not-found': {
    status: 404,
    retry: false,
    says: 'There is no such stream, or it ended too long ago.',
    hint: 'Read the conversation, or ask again.',
  },
  'trace/not-found': { status: 404, retry: false, says: 'There is no such trace.', hint: 'List your traces with "quarry trace".' },
  'golden/not-found': { status: 404, retry: false, says: 'There is no such case in the golden set.', hint: 'List the golden set of the database.' },
  'golden/too-many': { status: 422, retry: false, says: 'The golden set holds as many cases as it may.', hint: 'Remove some that no longer tell anything.' },
  'server/closing': { status: 503, retry: true, says: 'The server is shutting down.', hint: 'Try again in a moment.' },
  'server/unreachable': {
    status: 503,
    retry: true,
    says: 'The server does not answer.',
    hint: 'Check the connection; it is tried again by itself where that is safe.',
  },
  internal: { status: 500, retry: false, says: 'Something went wrong inside Quarry.', hint: 'The server log has the cause under this request id.' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof rows
export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = rows

export type Facts = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** What leaves the server for an error; `cause` and stack stay home. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly facts: Facts
  readonly hint: string
  readonly retry: boolean
}

/** The only error that crosses a room's wall. Facts are shown to the caller: no secrets, no machine paths of others. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly facts: Facts
  constructor(code: ErrorCode, facts: Facts = {}, cause?: unknown) {
    super(sentence(code, facts), cause === undefined ? undefined : { cause })
    this.name = 'AppError'
    this.code = code
    this.facts = facts
  }
  get status(): number {
    return ERRORS[this.code].status
  }
  get retry(): boolean {
    return ERRORS[this.code].retry
  }
  body(): ErrorBody {
    return { code: this.code, message: this.message, facts: this.facts, hint: ERRORS[this.code].hint, retry: this.retry }
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(rows, text)
}

/** Rebuilds an error that crossed a process or the network; an unknown code becomes `internal`. */
export function errorFromBody(body: { code: string; facts?: Facts }): AppError {
  return isErrorCode(body.code) ? new AppError(body.code, body.facts ?? {}) : new AppError('internal', { code: body.code })
}

function sentence(code: ErrorCode, facts: Facts): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  const listed = known.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(', ') : String(value)}`).join(' ')
  return listed === '' ? ERRORS[code].says : `${ERRORS[code].says} ${listed}`
}
