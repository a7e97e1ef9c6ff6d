import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../packages/relay-server/test/self-signed.ts';
import { machineComponents } from '../src/command-context.ts';
import { printer } from '../src/output/printer.ts';
import { certificateFacts, demandValidNow } from '../src/relay-host/certificate-facts.ts';
import { checkRelay } from '../src/relay-host/run-relay.ts';
import { temporaryFolder } from './two-devices.ts';

const { certificatePem, privateKeyPem } = selfSigned();
const YEAR_3000_MS = Date.UTC(3_000, 0, 1);

describe('the certificate of a relay', () => {
  it('says for which hosts it is, and until when', () => {
    const facts = certificateFacts(certificatePem);
    expect(facts.names).toEqual(['127.0.0.1']);
    expect(new Date(facts.validFromAtMs).toISOString()).toBe('2020-01-01T00:00:00.000Z');
    expect(new Date(facts.expiresAtMs).toISOString()).toBe('2999-12-31T23:59:59.000Z');
    expect(facts.issuer).toContain('relay.test');
  });

  it('is refused when it has expired, and before it is valid', () => {
    const facts = certificateFacts(certificatePem);
    expect(() => demandValidNow(facts, YEAR_3000_MS)).toThrow(/for 127\.0\.0\.1 expired on 2999/);
    expect(() => demandValidNow(facts, 0)).toThrow(/is valid only from 2020/);
    expect(() => demandValidNow(facts, Date.UTC(2_026, 0))).not.toThrow();
  });

  it('that is none is a sentence', () => {
    expect(() => certificateFacts('x')).toThrow(expect.objectContaining({ code: 'RELAY_TLS_UNUSABLE' }));
  });

  it('is what --check looks at', async () => {
    const folder = temporaryFolder();
    const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(tlsCert, certificatePem);
    writeFileSync(tlsKey, privateKeyPem);
    const lines: string[] = [];
    const output = { write: (text: string) => lines.push(text) };
    const check = (nowMs: number) =>
      checkRelay({ tlsCert, tlsKey, port: 0 }, {
        components: { ...machineComponents('silent'), clock: { ...fakeClock(), nowMs: () => nowMs } },
        printer: printer(true, output, output),
      } as never);
    await check(Date.UTC(2_026, 0));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ tls: true, certificate: { names: ['127.0.0.1'] } });
    await expect(check(YEAR_3000_MS)).rejects.toMatchObject({ code: 'RELAY_TLS_UNUSABLE' });
  });
});
