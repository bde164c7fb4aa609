'use client'
import { useCall } from '../../lib/api.ts'
import { MODELS } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { CELL, HEAD, TableBox } from './table.tsx'

export function EmbeddersCard() {
  const { data, error, refetch } = useCall('listModels', {})
  return (
    <Card title={MODELS.embedders} hint={MODELS.embeddersHint}>
      {data === undefined && (error === null ? <SkeletonLines lines={5} /> : <ErrorNote fault={error} onRetry={() => void refetch()} />)}
      {data !== undefined && (
        <TableBox label={MODELS.embedders}>
          <thead>
            <tr>
              <th scope="col" className={HEAD}>
                {MODELS.model}
              </th>
              <th scope="col" className={HEAD}>
                {MODELS.where}
              </th>
              <th scope="col" className={HEAD}>
                {MODELS.state}
              </th>
              <th scope="col" className={HEAD}>
                {MODELS.note}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {data.models.map(({ name, where, ready, note }) => (
              <tr key={name}>
                <th scope="row" className={`${CELL} min-w-56 text-left font-mono text-[13px] font-normal`}>
                  {name.endsWith(':') ? MODELS.anyOf(name) : name}
                </th>
                <td className={`${CELL} whitespace-nowrap`}>{MODELS.wheres[where]}</td>
                <td className={CELL}>
                  <Badge tone={ready ? 'good' : 'neutral'}>{ready ? MODELS.ready : MODELS.notReady}</Badge>
                </td>
                <td className={`${CELL} min-w-56 text-soft`}>{note}</td>
              </tr>
            ))}
          </tbody>
        </TableBox>
      )}
    </Card>
  )
}
