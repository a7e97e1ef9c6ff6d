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

const LOOPBACK = Buffer.of(127, 0, 0, 1);

/** A certificate for 127.0.0.1 that signs itself. @param lastYear the year at whose end it expires, 2050 or later */
export const selfSigned = (commonName = 'relay.test', lastYear = 2999): RelayTls => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subjectAltName = sequence(oid('551d11'), der(0x04, sequence(der(0x87, LOOPBACK))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    SIGNATURE_ALGORITHM,
    nameOf(commonName),
    sequence(utcTime('200101000000Z'), generalizedTime(`${lastYear}1231235959Z`)),
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
