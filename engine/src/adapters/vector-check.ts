import { AppError } from '../domain/errors.ts'

/** @throws vectors/dimension for a wrong length, NaN, an infinite value or only zeros. */
export function checkVector(vector: Float32Array, dimensions: number, model: string): Float32Array {
  if (vector.length !== dimensions) throw new AppError('vectors/dimension', { model, expected: dimensions, got: vector.length })
  let sum = 0
  for (const value of vector) sum += value * value
  if (!Number.isFinite(sum)) throw new AppError('vectors/dimension', { model, reason: 'a value is not a finite number' })
  if (sum === 0) throw new AppError('vectors/dimension', { model, reason: 'the vector is zero' })
  return vector
}
