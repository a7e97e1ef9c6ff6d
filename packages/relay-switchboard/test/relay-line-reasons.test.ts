import { describe, expect, it } from 'vitest';
import { OUT_OF_REACH, reasonOfTcpError, reasonOfTlsError } from '../src/relay-line-reasons.ts';

const failed = (code?: string): Error => Object.assign(new Error('failed'), code === undefined ? {} : { code });

describe('why there is no TCP connection', () => {
  it.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'portClosed'],
    ['ENETUNREACH', 'noRoute'],
    ['EHOSTUNREACH', 'tcp'],
    ['ETIMEDOUT', 'tcp'],
    [OUT_OF_REACH, 'notConfigured'],
  ])('%s is `%s`', (code, reason) => {
    expect(reasonOfTcpError(failed(code))).toBe(reason);
  });

  it.each([
    [['ENETUNREACH', 'ECONNREFUSED'], 'portClosed'],
    [['ENETUNREACH', 'ETIMEDOUT'], 'tcp'],
    [['ENETUNREACH', 'ENETUNREACH'], 'noRoute'],
  ])('a name with several addresses, %s, is `%s`', (codes, reason) => {
    const all = new AggregateError(codes.map(failed));
    expect(reasonOfTcpError(Object.assign(all, { code: codes[0] }))).toBe(reason);
  });
});

describe('why there is no TLS session', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'certificateDates'],
    ['CERT_NOT_YET_VALID', 'certificateDates'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'protocol'],
    ['EPROTO', 'protocol'],
    ['ECONNRESET', 'closed'],
    [undefined, 'closed'],
  ])('%s is `%s`: a certificate is blamed only where one was shown', (code, reason) => {
    expect(reasonOfTlsError(failed(code))).toBe(reason);
  });
});
