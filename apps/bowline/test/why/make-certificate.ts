import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from '../../../../packages/relay-server/test/self-signed.ts';

/** A certificate that signs itself, and its key. */
export interface LabCertificate {
  /** To be trusted by devices. */
  readonly file: string;
  readonly keyFile: string;
  /** Options of a relay that shows it. */
  readonly relayOptions: readonly string[];
}

/** Makes a certificate for an address. @param years at whose beginning it becomes valid, and at whose end it expires */
export const makeCertificate = (
  folder: string,
  name: string,
  address: string,
  years: { readonly firstYear?: number; readonly lastYear?: number } = {},
): LabCertificate => {
  const [file, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)];
  const made = selfSigned(name, { address, ...years });
  writeFileSync(file, made.certificatePem);
  writeFileSync(keyFile, made.privateKeyPem);
  return { file, keyFile, relayOptions: ['--tls-cert', file, '--tls-key', keyFile] };
};
