/** Type bytes of the messages a frontend sends after start-up (PostgreSQL documentation, "Message Formats"). */
import { typeSet } from './type-set.js'

export const Bind = 0x42
export const Close = 0x43
export const CopyData = 0x64
export const CopyDone = 0x63
export const CopyFail = 0x66
export const Describe = 0x44
export const Execute = 0x45
export const Flush = 0x48
export const FunctionCall = 0x46
export const Parse = 0x50
export const Query = 0x51
export const Sync = 0x53
export const Terminate = 0x58

export const frontendTypes = typeSet([
  ...[Bind, Close, CopyData, CopyDone, CopyFail, Describe, Execute],
  ...[Flush, FunctionCall, Parse, Query, Sync, Terminate],
])
