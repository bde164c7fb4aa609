'use client'
import type { ReactNode } from 'react'
import { PAGES } from '../../lib/pages.ts'
import { useMe } from '../../lib/session.ts'
import { SETTINGS } from '../../strings/settings.ts'
import { PageHeader } from '../../ui/page-header.tsx'
import { TabLinks } from '../../ui/tab-links.tsx'

export function SettingsFrame({ children }: { readonly children: ReactNode }) {
  const isOwner = useMe().account.role === 'owner'
  const tabs = [
    { label: SETTINGS.profile, href: PAGES.settings },
    ...(isOwner
      ? [
          { label: SETTINGS.models, href: PAGES.models },
          { label: SETTINGS.people, href: PAGES.people },
          { label: SETTINGS.limits, href: PAGES.limits },
          { label: SETTINGS.audit, href: PAGES.audit },
        ]
      : []),
    { label: SETTINGS.about, href: PAGES.about },
  ]
  return (
    <>
      <PageHeader title={SETTINGS.title} />
      <TabLinks label={SETTINGS.rooms} tabs={tabs} />
      {children}
    </>
  )
}
