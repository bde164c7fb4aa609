import type { ReactNode } from 'react'
import { placeholder } from '../../../../lib/static-params.ts'

export const generateStaticParams = placeholder('publication')

export default function Layout({ children }: { readonly children: ReactNode }) {
  return children
}
