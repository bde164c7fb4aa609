import { BINS, GROUP } from './scan-kernel.ts'

/**
 * Codes of vectors for the scan: two bits per component of a rotated vector. The rotation (random signs and Hadamard
 * transforms on the head and the tail of the vector, in turn) makes the components look alike, whatever the model put
 * into single dimensions, so that one step fits all; short vectors are rotated several times, so that their codes
 * still tell near from nearer.
 */
export interface ScanCoder {
  /** Length of a code in groups of 64 components, 16 bytes each. */
  readonly groups: number
  /**
   * Writes the code of a direction less the centre to `into` (16 * groups bytes); returns the factor that makes an
   * unbiased score of it. The centre, about the mean of all directions, shifts every score by the same amount and
   * leaves the bits to what tells the vectors apart.
   */
  encode(direction: Float32Array, centre: Float32Array | undefined, into: Uint8Array): number
  /** Writes the 8-bit query to `into` (64 * groups bytes). `bias` and `scale` as the kernel takes them. */
  encodeQuery(vector: Float32Array, into: Int8Array): { readonly bias: number; readonly scale: number }
}

/** Below this, too many vectors share a code. */
const LEAST_COMPONENTS = 256
const ROUNDS = 2
/** The best step for four levels of a normal distribution, in standard deviations. */
const STEP = 0.9957

export function scanCoder(dimensions: number): ScanCoder {
  const groups = Math.ceil(Math.max(LEAST_COMPONENTS, dimensions) / GROUP)
  const length = groups * GROUP
  const turns = Math.ceil(length / dimensions)
  const head = 2 ** Math.floor(Math.log2(dimensions))
  const flips = randomSigns(turns * ROUNDS * 2 * dimensions)
  const rotated = new Float32Array(turns * dimensions)

  /** To components of standard deviation 1; returns the length that the vector had. */
  function rotate(vector: Float32Array, centre: Float32Array | undefined): number {
    let sum = 0
    for (let index = 0; index < dimensions; index++) {
      const value = (vector[index] as number) - (centre === undefined ? 0 : (centre[index] as number))
      rotated[index] = value
      sum += value * value
    }
    const scale = sum === 0 ? 0 : Math.sqrt(dimensions / sum)
    for (let index = 0; index < dimensions; index++) rotated[index] = (rotated[index] as number) * scale
    for (let turn = turns - 1; turn >= 0; turn--) {
      const start = turn * dimensions
      if (turn > 0) rotated.copyWithin(start, 0, dimensions)
      for (let step = 0; step < ROUNDS * 2; step++) {
        const at = (turn * ROUNDS * 2 + step) * dimensions
        for (let index = 0; index < dimensions; index++) rotated[start + index] = (rotated[start + index] as number) * (flips[at + index] as number)
        hadamard(rotated, start + (step % 2 === 0 ? 0 : dimensions - head), head)
      }
    }
    return Math.sqrt(sum)
  }

  return {
    groups,
    encode(direction, centre, into) {
      const norm = rotate(direction, centre)
      into.fill(0)
      let product = 0
      for (let index = 0; index < length; index++) {
        const value = rotated[index] as number
        const level = Math.max(0, Math.min(3, Math.floor(value / STEP) + 2))
        product += value * (2 * level - 3)
        const byte = (index >>> 6) * 16 + (index & 15)
        into[byte] = (into[byte] as number) | (level << (((index >>> 4) & 3) * 2))
      }
      return norm / product // all components zero: norm is 0
    },
    encodeQuery(vector, into) {
      rotate(vector, undefined)
      const step = encodeBytes(rotated.subarray(0, length), into)
      let sum = 0
      for (let index = 0; index < length; index++) sum += into[index] as number
      return { bias: 3 * sum, scale: step * (BINS / 2) }
    },
  }
}

/** In place and orthonormal; `length` is a power of two. */
function hadamard(values: Float32Array, start: number, length: number): void {
  for (let half = 1; half < length; half *= 2) {
    for (let group = start; group < start + length; group += half * 2) {
      for (let index = group; index < group + half; index++) {
        const left = values[index] as number
        const right = values[index + half] as number
        values[index] = left + right
        values[index + half] = left - right
      }
    }
  }
  const scale = 1 / Math.sqrt(length)
  for (let index = start; index < start + length; index++) values[index] = (values[index] as number) * scale
}

/** Always the same: the codes are stored. */
function randomSigns(count: number): Float32Array {
  let state = 0x9e3779b9
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0x10000 ? 1 : -1
  })
}

/** 8-bit code of a vector, to `into`; the value of a component is about its code times the returned scale. */
export function encodeBytes(vector: Float32Array | Float16Array, into: Int8Array): number {
  let most = 0
  for (let index = 0; index < vector.length; index++) most = Math.max(most, Math.abs(vector[index] as number))
  if (most === 0) return 0
  const factor = 127 / most
  for (let index = 0; index < vector.length; index++) into[index] = Math.round((vector[index] as number) * factor)
  return most / 127
}

/** Stored form of a vector: its length (32-bit float), then its direction in 16-bit floats. Little-endian, as all machines that Node runs on. */
export function packVector(vector: Float32Array): Uint8Array {
  let sum = 0
  for (let index = 0; index < vector.length; index++) sum += (vector[index] ?? 0) ** 2
  const norm = Math.sqrt(sum)
  const packed = new Uint8Array(4 + vector.length * 2)
  new Float32Array(packed.buffer, 0, 1)[0] = norm
  new Float16Array(packed.buffer, 4).set(vector.map((value) => value / norm))
  return packed
}

/** The direction alone; about unit length. */
export function directionOf(packed: Uint8Array): Float32Array {
  const aligned = packed.byteOffset % 2 === 0 ? packed : packed.slice()
  return new Float32Array(new Float16Array(aligned.buffer, aligned.byteOffset + 4, (aligned.length - 4) / 2))
}

export function unpackVector(packed: Uint8Array): Float32Array {
  const norm = new DataView(packed.buffer, packed.byteOffset).getFloat32(0, true)
  const direction = directionOf(packed)
  for (let index = 0; index < direction.length; index++) direction[index] = (direction[index] ?? 0) * norm
  return direction
}
