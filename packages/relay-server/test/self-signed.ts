import { generateKeyPairSync, sign } from 'node:crypto';
import type { RelayTls } from '../src/index.ts';

/** The length in the shortest form, as DER demands. */
const lengthOf = (sizeBytes: number): Buffer => {
  if (sizeBytes < 0x80) return Buffer.of(sizeBytes);
  return sizeBytes < 0x100 ? Buffer.of(0x81, sizeBytes) : Buffer.of(0x82, sizeBytes >> 8, sizeBytes & 0xff);
};

const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
};

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
/** Years before 2050 are written with two digits, later ones with four (RFC 5280 section 4.1.2.5). */
const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text));
const generalizedTime = (text: string): Buffer => der(0x18, Buffer.from(text));
const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));

/** ecdsa-with-SHA256 */
const SIGNATURE_ALGORITHM = sequence(oid('2a8648ce3d040302'));

/** For what, and for how long. */
interface SelfSignedOptions {
  /** @defaultValue `'127.0.0.1'` */
  readonly address?: string;
  /** At whose beginning it becomes valid: 2020, or 2050 and later. @defaultValue 2020 */
  readonly firstYear?: number;
  /** At whose end it expires, 2050 or later. @defaultValue 2999 */
  readonly lastYear?: number;
}

const beginningOf = (year: number): Buffer =>
  year < 2_050 ? utcTime(`${year % 100}0101000000Z`) : generalizedTime(`${year}0101000000Z`);

/** A certificate for an IPv4 address that signs itself. */
export const selfSigned = (
  commonName = 'relay.test',
  { address = '127.0.0.1', firstYear = 2_020, lastYear = 2_999 }: SelfSignedOptions = {},
): RelayTls => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subjectAltName = sequence(
    oid('551d11'),
    der(0x04, sequence(der(0x87, Buffer.from(address.split('.').map(Number))))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    SIGNATURE_ALGORITHM,
    nameOf(commonName),
    sequence(beginningOf(firstYear), generalizedTime(`${lastYear}1231235959Z`)),
    nameOf(commonName),
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(subjectAltName)),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, SIGNATURE_ALGORITHM, der(0x03, Buffer.of(0), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
};
