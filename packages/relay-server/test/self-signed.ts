import { generateKeyPairSync, sign } from 'node:crypto';
import type { RelayTls } from '../src/index.ts';

const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents);
  const length = body.length < 128 ? Buffer.of(body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
};

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const time = (text: string): Buffer => der(0x18, Buffer.from(text));
const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));

/** ecdsa-with-SHA256 */
const SIGNATURE_ALGORITHM = sequence(oid('2a8648ce3d040302'));

const LOOPBACK = Buffer.of(127, 0, 0, 1);

/** A certificate for 127.0.0.1 that signs itself, good for any time. */
export const selfSigned = (commonName = 'relay.test'): RelayTls => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subjectAltName = sequence(oid('551d11'), der(0x04, sequence(der(0x87, LOOPBACK))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    SIGNATURE_ALGORITHM,
    nameOf(commonName),
    sequence(time('20200101000000Z'), time('29991231235959Z')),
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
