/**
 * The code two devices share for a few minutes: twelve words, the ticket that carries them, and every key derived
 * from them. No I/O, no clock.
 *
 * @packageDocumentation
 */
export { createEntropy, ENTROPY_BYTES, WORDS_IN_CODE, wordsOfEntropy } from './code-words.ts';
export { completeWord } from './complete-word.ts';
export {
  type CodeProblem,
  type CodeProblemDetail,
  PairingCodeInvalidError,
  TicketInvalidError,
  TicketNewerError,
  type TicketProblem,
  type WrongWord,
} from './errors.ts';
export { type FormatTicketOptions, formatTicket, formatTicketJson, TICKET_SCHEME } from './format-ticket.ts';
export { derivePairingKeys, type PairingKeys } from './key-schedule.ts';
export { MAX_CODE_CHARACTERS, type ParsedCode, parseCode } from './parse-code.ts';
export {
  MAX_TICKET_ADDRESSES,
  MAX_TICKET_RELAYS,
  MAX_TOKEN_CHARACTERS,
  TICKET_VERSION,
  type Ticket,
  type TicketRelay,
  ticketAddressOf,
} from './ticket.ts';
