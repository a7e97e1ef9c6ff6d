import { isSecretName } from '@bowline/logging';
import { describe, expect, test } from 'vitest';

describe('the name of a field', () => {
  test.each(
    (
      'words ticket secretKey secret_key SECRET-KEY entropy token relayToken tokens proof proofKey key keys passphrase ' +
      'password pairingCode qrCode authorization cookie seed mnemonic privateKey apiKey tickets credentials'
    ).split(' '),
  )('%s holds a secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each(
    (
      'code errorCode endpointId deviceId publicKey keySource ticketState tokenCount keyFile path rttMs monkey keyboard ' +
      'pinned tokenizer reason'
    ).split(' '),
  )('%s does not', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});
