import { DocumentsScreen } from '../../../../screens/documents/documents-screen.tsx'

export default function Page() {
  return <DocumentsScreen />
}
