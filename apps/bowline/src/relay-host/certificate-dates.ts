import type { RelayTls } from '@bowline/relay-server';
import { RelayCertificateOutOfDateError, readCertificate } from './certificate-facts.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Why a certificate chain is not valid now, or `null`: devices refuse one that has expired, or is not valid yet.
 *
 * @throws BowlineError when one of them cannot be read
 */
export const certificateDateProblem = (chainPem: string, nowMs: number): string | null => {
  for (const pem of chainPem.match(CERTIFICATE) ?? []) {
    const { subject, validFrom, validTo } = readCertificate(pem);
    const name = subject.replaceAll('\n', ', ');
    if (Date.parse(validTo) <= nowMs) return `the certificate of ${name} expired on ${dayOf(validTo)}`;
    if (Date.parse(validFrom) > nowMs) return `the certificate of ${name} is valid from ${dayOf(validFrom)} only`;
  }
  return null;
};

/** @param tls `null`: without TLS there is nothing to check @throws RelayCertificateOutOfDateError */
export const demandValidNow = (tls: RelayTls | null, nowMs: number): void => {
  const problem = tls === null ? null : certificateDateProblem(tls.certificatePem, nowMs);
  if (problem !== null) throw new RelayCertificateOutOfDateError(problem);
};

const dayOf = (text: string): string => new Date(text).toISOString().slice(0, 10);
