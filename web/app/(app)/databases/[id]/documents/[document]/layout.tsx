import type { ReactNode } from 'react'
import { placeholder } from '../../../../../../lib/static-params.ts'

export const generateStaticParams = placeholder('document')

export default function Layout({ children }: { readonly children: ReactNode }) {
  return children
}
