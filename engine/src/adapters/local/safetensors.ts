import { readFile } from 'node:fs/promises'
import { AppError } from '../../domain/errors.ts'

export interface Tensor {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array | Int32Array
}

/** Source: static models of the kind have at most some hundred MB; more would not be a table of words. */
const MAX_BYTES = 2 * 1024 ** 3
const WIDTHS: Readonly<Record<string, number>> = { F16: 2, BF16: 2, F32: 4, F64: 8, I8: 1, U8: 1, I32: 4, I64: 8 }

/** Reads all tensors of a .safetensors file; half precision is widened, 64-bit integers are narrowed. @throws model/not-installed */
export async function readSafetensors(path: string): Promise<ReadonlyMap<string, Tensor>> {
  const bytes = await readFile(path)
  const damaged = (reason: string) => new AppError('model/not-installed', { reason: `model.safetensors is damaged: ${reason}` })
  if (bytes.length < 8 || bytes.length > MAX_BYTES) throw damaged('its size')
  const headerLength = Number(bytes.readBigUInt64LE(0))
  if (headerLength > bytes.length - 8) throw damaged('its header')
  let header: unknown
  try {
    header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength))
  } catch (error) {
    throw new AppError('model/not-installed', { reason: 'model.safetensors is damaged: its header' }, error)
  }
  const tensors = new Map<string, Tensor>()
  for (const [name, entry] of Object.entries(header as Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown }>)) {
    if (name === '__metadata__') continue
    const { dtype, shape, data_offsets: offsets } = entry
    if (typeof dtype !== 'string' || !isNumbers(shape) || !isNumbers(offsets)) throw damaged(name)
    const count = shape.reduce((product, length) => product * length, 1)
    const [start = 0, end = 0] = offsets
    const width = WIDTHS[dtype]
    if (width === undefined || end - start !== count * width || 8 + headerLength + end > bytes.length) throw damaged(name)
    tensors.set(name, { shape, values: valuesOf(bytes.subarray(8 + headerLength + start, 8 + headerLength + end), dtype, count) })
  }
  return tensors
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0)
}

function valuesOf(bytes: Buffer, dtype: string, count: number): Tensor['values'] {
  const list = <T extends Float32Array | Float64Array | Int32Array>(values: T, read: (index: number) => number): T => {
    for (let index = 0; index < count; index += 1) values[index] = read(index)
    return values
  }
  switch (dtype) {
    case 'F32':
      return list(new Float32Array(count), (index) => bytes.readFloatLE(index * 4))
    case 'F64':
      return list(new Float64Array(count), (index) => bytes.readDoubleLE(index * 8))
    case 'F16':
      return list(new Float32Array(count), (index) => half(bytes.readUInt16LE(index * 2)))
    case 'BF16':
      return list(new Float32Array(count), (index) => widen(bytes.readUInt16LE(index * 2)))
    case 'I8':
      return list(new Float32Array(count), (index) => bytes.readInt8(index))
    case 'U8':
      return list(new Int32Array(count), (index) => bytes.readUInt8(index))
    case 'I32':
      return list(new Int32Array(count), (index) => bytes.readInt32LE(index * 4))
    default:
      return list(new Int32Array(count), (index) => Number(bytes.readBigInt64LE(index * 8)))
  }
}

function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 === 1 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const cell = new DataView(new ArrayBuffer(4))
function widen(bits: number): number {
  cell.setUint32(0, bits << 16)
  return cell.getFloat32(0)
}
