export const SHARED = {
  title: 'Shared conversation',
  sharedAt: (when: string) => `As it was on ${when}.`,
  until: (when: string) => `The link works until ${when}.`,
  made: 'Made with Quarry. The answers were taken from documents; whoever shared it opened only what is quoted.',
  noToken: 'This address shows no conversation',
  noTokenHint: 'Part of the link is missing: open it again as you were given it, with all that stands behind the # sign.',
  empty: 'Nothing was asked in this conversation.',
} as const
