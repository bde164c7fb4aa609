import { ACCESS } from '../../strings/access.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import type { MadeKey } from './made-key.ts'

const WORDS = ACCESS.keys.secret

/** The secret of a key, this once. */
export function SecretDialog({ made, onClose }: { readonly made: MadeKey; readonly onClose: () => void }) {
  return (
    <Dialog open title={WORDS.title} onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <p>{WORDS.text}</p>
        <CodeBlock label={WORDS.label} code={made.secret} />
        <p className="text-soft">{WORDS.snippets}</p>
        <div className="flex justify-end">
          <Button look="primary" onClick={onClose}>
            {WORDS.done}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
