/** Type bytes of the messages a server sends (PostgreSQL documentation, "Message Formats"). */
import { typeSet } from './type-set.js'

export const Authentication = 0x52
export const BackendKeyData = 0x4b
export const BindComplete = 0x32
export const CloseComplete = 0x33
export const CommandComplete = 0x43
export const CopyBothResponse = 0x57
export const CopyData = 0x64
export const CopyDone = 0x63
export const CopyInResponse = 0x47
export const CopyOutResponse = 0x48
export const DataRow = 0x44
export const EmptyQueryResponse = 0x49
export const ErrorResponse = 0x45
export const FunctionCallResponse = 0x56
export const NegotiateProtocolVersion = 0x76
export const NoData = 0x6e
export const NoticeResponse = 0x4e
export const NotificationResponse = 0x41
export const ParameterDescription = 0x74
export const ParameterStatus = 0x53
export const ParseComplete = 0x31
export const PortalSuspended = 0x73
export const ReadyForQuery = 0x5a
export const RowDescription = 0x54

/** After start-up. */
const TYPES = [
  ...[BindComplete, CloseComplete, CommandComplete, CopyBothResponse, CopyData, CopyDone, CopyInResponse],
  ...[CopyOutResponse, DataRow, EmptyQueryResponse, ErrorResponse, FunctionCallResponse, NoData],
  ...[NoticeResponse, NotificationResponse, ParameterDescription, ParameterStatus, ParseComplete],
  ...[PortalSuspended, ReadyForQuery, RowDescription],
]

export const backendTypes = typeSet(TYPES)

/** From the first message on. */
export const startTypes = typeSet([...TYPES, Authentication, BackendKeyData, NegotiateProtocolVersion])
