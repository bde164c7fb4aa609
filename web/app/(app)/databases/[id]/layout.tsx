import type { ReactNode } from 'react'
import { placeholder } from '../../../../lib/static-params.ts'
import { DatabaseFrame } from '../../../../screens/databases/database-frame.tsx'

export const generateStaticParams = placeholder('id')

export default function Layout({ children }: { readonly children: ReactNode }) {
  return <DatabaseFrame>{children}</DatabaseFrame>
}
