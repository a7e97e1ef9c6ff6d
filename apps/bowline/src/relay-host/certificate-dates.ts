import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Why a certificate chain is not valid now, or `null`: devices refuse one that has expired, or is not valid yet.
 *
 * @param chainPem that can be read as certificates
 */
export const certificateDateProblem = (chainPem: string, nowMs: number): string | null => {
  for (const pem of chainPem.match(CERTIFICATE) ?? []) {
    const { subject, validFrom, validTo } = new X509Certificate(pem);
    const name = subject.replaceAll('\n', ', ');
    if (Date.parse(validTo) <= nowMs) return `the certificate of ${name} expired on ${dayOf(validTo)}`;
    if (Date.parse(validFrom) > nowMs) return `the certificate of ${name} is valid from ${dayOf(validFrom)} only`;
  }
  return null;
};

const dayOf = (text: string): string => new Date(text).toISOString().slice(0, 10);
