import { X509Certificate } from 'node:crypto';
import { BowlineError, errorMessage } from '@bowline/contracts';

/** What a certificate says, as far as a relay's owner should know it. */
export interface CertificateFacts {
  /** Hosts it is for: DNS names and IP addresses. */
  readonly names: readonly string[];
  readonly issuer: string;
  readonly validFromAtMs: number;
  readonly expiresAtMs: number;
}

/** A chain with a certificate that no client will accept now. @param problem as `certificateDateProblem` says it */
export class RelayCertificateOutOfDateError extends BowlineError {
  override readonly name = 'RelayCertificateOutOfDateError';

  constructor(problem: string) {
    super({
      code: 'RELAY_TLS_UNUSABLE',
      message: `No device will trust this relay: ${problem}. Renew it, and check the clock of this machine.`,
      data: { problem },
    });
  }
}

/** Reads the first certificate of a PEM chain, which is the relay's own. @throws BowlineError when it is none */
export const certificateFacts = (chainPem: string): CertificateFacts => {
  const certificate = readCertificate(chainPem);
  return {
    names: namesOf(certificate.subjectAltName ?? ''),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    validFromAtMs: Date.parse(certificate.validFrom),
    expiresAtMs: Date.parse(certificate.validTo),
  };
};

/** @throws BowlineError in words, for OpenSSL's are no person's */
export const readCertificate = (chainPem: string): X509Certificate => {
  try {
    return new X509Certificate(chainPem);
  } catch (error) {
    throw new BowlineError({
      code: 'RELAY_TLS_UNUSABLE',
      message: `The certificate cannot be read: ${errorMessage(error)}. It must be a PEM file that begins with the relay's own.`,
      cause: error,
    });
  }
};

/** `DNS:relay.example, IP Address:192.0.2.1`; names with other characters are quoted as JSON. */
const namesOf = (subjectAltName: string): readonly string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]+)/g)].map(([, name = '']) => name.trim());
