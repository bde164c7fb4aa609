import type { AwsService } from '../aws-signing.ts'

export const SAGEMAKER: AwsService = { host: 'runtime.sagemaker', signing: 'sagemaker', name: 'sagemaker' }

/** Where an endpoint is asked; the name is that of the endpoint. */
export function invocations(endpoint: string, streamed = false): string {
  return `/endpoints/${encodeURIComponent(endpoint)}/invocations${streamed ? '-response-stream' : ''}`
}
