import fc from 'fast-check'

/** Keys and texts that mean something to the library, to Piscina, to Comlink, or to the language. */
const WORDS = [
  '@pglease/failure',
  '@pglease/attach',
  '@pglease/ahead',
  '@pglease/token',
  'token',
  'threadId',
  'progress',
  'abort',
  'thrown',
  'parts',
  'part',
  'value',
  'is',
  'error',
  'class',
  'fields',
  'hidden',
  'taskId',
  'result',
  '_WORKER_READY',
  'watch',
  'ahead',
  'type',
  'name',
  'message',
  'stack',
  'cause',
  'then',
  'length',
  'toString',
  'toJSON',
  'constructor',
  '__proto__',
]

const TYPED: (new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView)[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
]

const bytes = fc.uint8Array({ minLength: 16, maxLength: 64 })

const binary = fc.oneof(
  fc
    .tuple(bytes, fc.constantFrom(...TYPED))
    .map(([{ buffer }, Type]) => new Type(buffer as ArrayBuffer, 8, 1)),
  bytes.map(({ buffer }) => buffer),
  bytes.map((each) => Buffer.from(each)),
  bytes.map((each) => {
    const shared = new Uint8Array(new SharedArrayBuffer(each.byteLength))
    shared.set(each)
    return shared
  }),
)

const leaf = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    Number.NaN,
    -0,
    0,
    Number.POSITIVE_INFINITY,
    '',
    true,
    false,
    2n ** 200n,
    -1n,
  ),
  fc.constantFrom(...WORDS),
  fc.string(),
  fc.double(),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(/a+/giu, /b/y, Object('boxed'), Object(1n), Object(false), Object(3)),
  binary,
)

const key = fc.oneof(fc.constantFrom(...WORDS), fc.string())

/** Of own fields, whatever they are called. */
function object(entries: [string, unknown][]): object {
  const made = {}
  for (const [name, value] of entries)
    Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true })
  return made
}

/** Whatever structured clone takes as it is: of errors it drops the fields. */
export function anyValue(): fc.Arbitrary<unknown> {
  const error = fc
    .tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string())
    .map(([Type, message]) => new Type(message))
  return fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, error, tie('held')),
    held: fc.oneof(
      fc.array(tie('value'), { maxLength: 4 }),
      fc.sparseArray(tie('value'), { maxLength: 20, maxNumElements: 4 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(object),
      fc
        .array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
        .map((entries) => new Map(entries as [])),
      fc.array(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
      fc.array(tie('value'), { minLength: 1, maxLength: 3 }).map((values) => {
        values.push(values)
        return values
      }),
    ),
  })).value as fc.Arbitrary<unknown>
}
