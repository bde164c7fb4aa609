import type { AwsService } from '../aws-signing.ts'

export const BEDROCK: AwsService = { host: 'bedrock-runtime', signing: 'bedrock', name: 'bedrock' }
export const BEDROCK_AGENT: AwsService = { host: 'bedrock-agent-runtime', signing: 'bedrock', name: 'bedrock' }
