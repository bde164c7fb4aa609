import {
  acceptInvitation,
  changePassword,
  claim,
  confirm,
  invite,
  makeClaimTicket,
  makeResetTicket,
  redeemReset,
  removeAccount,
  signIn,
  startSession,
} from '../flows/accounts.ts'
import { ask, askSeveral, resumeAnswer } from '../flows/ask.ts'
import { linkConversation, openLink } from '../flows/conversation-link.ts'
import { estimateRebuild } from '../flows/estimate.ts'
import { evaluate } from '../flows/evaluate.ts'
import { changeModels, testModels } from '../flows/model-settings.ts'
import { preview } from '../flows/preview.ts'
import { readText } from '../flows/read.ts'
import { dropVersion, rollBack, startRebuild } from '../flows/rebuild.ts'
import { setMetadata } from '../flows/relabel.ts'
import { removeDatabase, removeDocument } from '../flows/remove.ts'
import { search, why } from '../flows/search.ts'
import { suggest } from '../flows/suggest.ts'
import { createDatabase, uploadFile } from '../flows/upload.ts'

/** The sentences that the API speaks; a value, so that a test can put a faulty one in its place. */
export const FLOWS = {
  createDatabase,
  uploadFile,
  preview,
  removeDocument,
  removeDatabase,
  setMetadata,
  startRebuild,
  rollBack,
  dropVersion,
  estimateRebuild,
  readText,
  search,
  why,
  ask,
  askSeveral,
  resumeAnswer,
  evaluate,
  suggest,
  linkConversation,
  openLink,
  changeModels,
  testModels,
  acceptInvitation,
  changePassword,
  claim,
  confirm,
  invite,
  makeClaimTicket,
  makeResetTicket,
  redeemReset,
  removeAccount,
  signIn,
  startSession,
} as const

export type Flows = typeof FLOWS
