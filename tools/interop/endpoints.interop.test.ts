import { describeInLab, type LabHost, noDirectPath } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { relayOn, untilTestEnds } from '../../apps/bowline/test/lab-devices.ts';
import { childLines } from './child-lines.ts';

/** An iroh endpoint as the binding makes it, without anything of ours, on a host. */
const plainEndpoint = (host: LabHost, relayUrl: string, ...peer: readonly string[]) =>
  childLines(host, new URL('plain-endpoint.ts', import.meta.url), [relayUrl, ...peer]);

describeInLab('plain iroh endpoints', () => {
  it('talk through our relay when nothing else connects them', async () => {
    const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(untilTestEnds);
    const relay = await relayOn(hosts.relay);
    const phone = plainEndpoint(hosts.phone, relay.url);
    const { id } = await phone.line('online');
    const laptop = plainEndpoint(hosts.laptop, relay.url, String(id));
    expect(await laptop.line('answered')).toMatchObject({ texts: ['one', 'two', 'three'], paths: ['relay'] });
  });
});
