import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../packages/relay-server/test/self-signed.ts';
import { certificateDateProblem } from '../src/relay-host/certificate-dates.ts';

const YEAR_2060_MS = Date.UTC(2060, 5, 1);

describe('the dates of a certificate chain', () => {
  const [lasting, expiring] = [
    selfSigned('lasting.test').certificatePem,
    selfSigned('old.test', { lastYear: 2050 }).certificatePem,
  ];

  it('are no problem while every certificate is valid', () => {
    expect(certificateDateProblem(lasting, YEAR_2060_MS)).toBeNull();
    expect(certificateDateProblem(`${lasting}${expiring}`, Date.UTC(2049, 1, 1))).toBeNull();
  });

  it('are one when any of them has expired, or is not valid yet', () => {
    expect(certificateDateProblem(`${lasting}${expiring}`, YEAR_2060_MS)).toBe(
      'the certificate of CN=old.test expired on 2050-12-31',
    );
    expect(certificateDateProblem(lasting, Date.UTC(2019, 1, 1))).toBe(
      'the certificate of CN=lasting.test is valid from 2020-01-01 only',
    );
  });
});
