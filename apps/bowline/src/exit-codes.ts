import { errorCode } from '@bowline/contracts';

/** What the command's exit code says; scripts branch on it. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  notFound: 3,
  rejected: 4,
  expired: 5,
  busy: 6,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Error codes by what a caller would do about them; anything else is 1. */
const BY_ERROR_CODE: Readonly<Record<string, ExitCode>> = {
  INVALID_OPTION: EXIT_CODES.wrongUse,
  WRONG_USE: EXIT_CODES.wrongUse,
  NO_DATA_DIR: EXIT_CODES.wrongUse,
  DATA_DIR_UNUSABLE: EXIT_CODES.wrongUse,
  PAIRING_CODE_INVALID: EXIT_CODES.wrongUse,
  TICKET_INVALID: EXIT_CODES.wrongUse,
  TICKET_NEWER: EXIT_CODES.wrongUse,
  RELAY_TOKEN_TOO_LONG: EXIT_CODES.wrongUse,
  DEVICE_AMBIGUOUS: EXIT_CODES.wrongUse,
  MESSAGE_TOO_LARGE: EXIT_CODES.wrongUse,
  RELAY_TLS_UNUSABLE: EXIT_CODES.wrongUse,
  DEVICE_NOT_FOUND: EXIT_CODES.notFound,
  DEVICE_UNKNOWN: EXIT_CODES.notFound,
  NO_DEVICE: EXIT_CODES.notFound,
  NO_LOG: EXIT_CODES.notFound,
  DAEMON_NOT_RUNNING: EXIT_CODES.notFound,
  DEVICE_AWAY: EXIT_CODES.notFound,
  NOBODY_FOUND: EXIT_CODES.notFound,
  CODE_UNKNOWN: EXIT_CODES.notFound,
  CONNECTION_LOST: EXIT_CODES.notFound,
  TIMED_OUT: EXIT_CODES.notFound,
  CHANNEL_DEADLINE: EXIT_CODES.notFound,
  LINK_UNREACHABLE: EXIT_CODES.notFound,
  LINK_DOWN: EXIT_CODES.notFound,
  CODE_USED: EXIT_CODES.rejected,
  CODE_BURNT: EXIT_CODES.rejected,
  PROOF_MISMATCH: EXIT_CODES.rejected,
  REJECTED: EXIT_CODES.rejected,
  CANCELLED: EXIT_CODES.rejected,
  ALREADY_PAIRED: EXIT_CODES.rejected,
  LINK_REFUSED: EXIT_CODES.rejected,
  SERVICE_REFUSED: EXIT_CODES.rejected,
  SERVICES_UNSUPPORTED: EXIT_CODES.rejected,
  CODE_EXPIRED: EXIT_CODES.expired,
  BUSY: EXIT_CODES.busy,
  PAIRING_BUSY: EXIT_CODES.busy,
  JOIN_UNDER_WAY: EXIT_CODES.busy,
  STORE_LOCKED: EXIT_CODES.busy,
  BACKUP_UNKNOWN: EXIT_CODES.notFound,
  DAEMON_RUNNING: EXIT_CODES.busy,
  DAEMON_SILENT: EXIT_CODES.busy,
  MESSAGE_QUEUE_FULL: EXIT_CODES.busy,
  MESSAGE_NOT_DELIVERED: EXIT_CODES.busy,
  OUTBOX_FULL: EXIT_CODES.busy,
  TOO_MANY_STREAMS: EXIT_CODES.busy,
};

export const exitCodeOf = (error: unknown): ExitCode => BY_ERROR_CODE[errorCode(error) ?? ''] ?? EXIT_CODES.failed;
