import { errorCode, type RelayDownReason } from '@bowline/contracts';

/** Code of a look-up that found addresses, and none that may be reached. */
export const OUT_OF_REACH = 'ERELAYREACH';

/** Why no TCP connection came about. */
export const reasonOfTcpError = (error: Error): RelayDownReason =>
  errorCode(error) === OUT_OF_REACH ? 'notConfigured' : reasonOfLookup(error);

/** Codes of an attempt; a name that has several addresses fails by all of them together. */
const codesOf = (error: Error): readonly string[] =>
  error instanceof AggregateError ? error.errors.map((each) => errorCode(each) ?? '') : [errorCode(error) ?? ''];

const reasonOfLookup = (error: Error): RelayDownReason => {
  const codes = codesOf(error);
  if (codes.some((code) => /^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/.test(code))) return 'dns';
  // Where one address says no, the machine is there, whatever becomes of an address of another family.
  if (codes.includes('ECONNREFUSED')) return 'portClosed';
  return codes.every((code) => code === 'ENETUNREACH') ? 'noRoute' : 'tcp';
};

/** Errors of the handshake itself: what answers speaks no TLS, or not this one. */
const NO_TLS = /^(ERR_SSL_|EPROTO)/;

/** The line broke before there was a certificate. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Why no TLS session came about over a TCP connection that did. */
export const reasonOfTlsError = (error: Error): RelayDownReason => {
  const code = errorCode(error);
  // The end of a line has no code.
  if (code === undefined || BROKEN.has(code)) return 'closed';
  if (NO_TLS.test(code)) return 'protocol';
  return /^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/.test(code) ? 'certificateDates' : 'tls';
};
