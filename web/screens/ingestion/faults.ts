import { AppError } from 'quarry-engine/client'

/** A page of a proxy in place of a reply: the server behind it is not there at the moment. */
function isOfProxy({ code, facts }: AppError): boolean {
  return code === 'internal' && typeof facts.status === 'number' && facts.status >= 500
}

/** Whether the same may work in a moment. */
export function mayPass(fault: unknown): fault is AppError {
  return fault instanceof AppError && (fault.retry || isOfProxy(fault))
}

/** Whether it is the way to the server that is broken, so that all goes on by itself once it is there again. */
export function isUnreachable(fault: AppError): boolean {
  return ['server/unreachable', 'server/closing', 'store/unavailable'].includes(fault.code) || isOfProxy(fault)
}

/** Why nothing further can be sent for now, whatever the file: the queue waits and says so. */
export function isHalting(fault: unknown): fault is AppError {
  if (!(fault instanceof AppError)) return false
  const { code } = fault
  // Too little storage for this file may be enough for the next.
  if (code === 'limit/storage') return false
  return isOfProxy(fault) || code === 'database/not-found' || ['auth/', 'store/', 'server/', 'limit/'].some((area) => code.startsWith(area))
}

/** Milliseconds until the next try, the more the more have failed; as long as the server said, where it did. */
export function waitAfter(fault: unknown, faults: number, longest: number): number {
  const told = fault instanceof AppError ? fault.facts.retry_after : undefined
  if (typeof told === 'number') return told * 1000
  // Not all at the same moment: many tabs may have lost the same server.
  return Math.min(longest, 500 * 2 ** faults) * (0.5 + Math.random() / 2)
}
