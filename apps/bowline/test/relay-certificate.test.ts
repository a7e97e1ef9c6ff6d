import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../packages/relay-server/test/self-signed.ts';
import { machineComponents } from '../src/command-context.ts';
import { printer } from '../src/output/printer.ts';
import { certificateFacts } from '../src/relay-host/certificate-facts.ts';
import type { HostedRelaySettings } from '../src/relay-host/relay-settings.ts';
import { renewSettings } from '../src/relay-host/renew-settings.ts';
import { checkRelay, runRelay } from '../src/relay-host/run-relay.ts';
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

  it('that is none is a sentence', () => {
    expect(() => certificateFacts('x')).toThrow(expect.objectContaining({ code: 'RELAY_TLS_UNUSABLE' }));
  });

  it('is what a relay looks at before it starts, and --check too', async () => {
    const folder = temporaryFolder();
    const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(tlsCert, certificatePem);
    writeFileSync(tlsKey, privateKeyPem);
    const lines: string[] = [];
    const output = { write: (text: string) => lines.push(text) };
    const at = (nowMs: number) =>
      [
        { tlsCert, tlsKey, port: 0, bind: '127.0.0.1' },
        {
          components: { ...machineComponents('silent'), clock: { ...fakeClock(), nowMs: () => nowMs } },
          printer: printer(true, output, output),
          signal: AbortSignal.abort(),
        } as never,
      ] as const;
    await checkRelay(...at(Date.UTC(2_026, 0)));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ tls: true, certificate: { names: ['127.0.0.1'] } });
    await runRelay(...at(Date.UTC(2_026, 0)));
    expect(lines.slice(1).map((line) => JSON.parse(line).event)).toContain('listening');
    lines.length = 0;
    for (const starts of [checkRelay, runRelay])
      await expect(starts(...at(YEAR_3000_MS))).rejects.toMatchObject({
        code: 'RELAY_TLS_UNUSABLE',
        message: expect.stringMatching(/^No device will trust this relay: .* expired on 2999-12-31\. Renew it/),
      });
    expect(lines).toEqual([]);
  });

  it('that expires while the relay runs is told once, and one that has expired is not taken', async () => {
    const clock = fakeClock(Date.UTC(2_050, 11, 31, 23, 59, 45));
    const [expiring, lasting] = [
      selfSigned('old.test', { lastYear: 2050 }),
      selfSigned('new.test', { lastYear: 2999 }),
    ];
    const settings = (tls: typeof expiring): HostedRelaySettings => ({ tls, access: 'everyone' });
    const lines: string[] = [];
    const output = { write: (text: string) => lines.push(text) };
    const taken: string[] = [];
    const server = { replaceTls: (tls: typeof expiring) => taken.push(tls.certificatePem) } as never;
    let file = settings(expiring);
    const watch = renewSettings(server, file, async () => file, { clock, printer: printer(true, output, output) });
    const told = () => lines.splice(0).map((line) => JSON.parse(line));
    await clock.advance(10_000);
    expect(told()).toEqual([]);
    await clock.advance(20_000);
    expect(told()).toEqual([
      { event: 'certificateInvalid', message: expect.stringContaining('CN=old.test expired on 2050-12-31') },
    ]);
    file = settings(selfSigned('older.test', { lastYear: 2050 }));
    await clock.advance(10_000);
    expect(told()).toMatchObject([
      { event: 'renewalFailed', message: expect.stringContaining('CN=older.test expired') },
    ]);
    file = settings(lasting);
    await clock.advance(10_000);
    expect(told()).toEqual([{ event: 'renewed', what: ['certificate'] }]);
    expect(taken).toEqual([lasting.certificatePem]);
    watch.stop();
  });
});
