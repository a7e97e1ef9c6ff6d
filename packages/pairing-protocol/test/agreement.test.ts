import { brandAs, type PeerLocation, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import { describe, expect, it } from 'vitest';
import { acceptFrame, agreement, confirmFrame } from '../src/index.ts';

const HERE: PeerLocation = {
  relayUrls: [brandAs<RelayUrl>('https://relay.example/')],
  directAddresses: [brandAs<SocketAddress>('192.0.2.1:4242')],
};
const broken = expect.objectContaining({ closeName: 'protocol-error' });

describe('an agreement', () => {
  it('hears accept, then confirm once it is allowed', () => {
    const heard = agreement();
    expect(heard.receive(acceptFrame())).toEqual({ kind: 'accepted' });
    heard.allowConfirm();
    expect(heard.receive(confirmFrame(HERE))).toEqual({ kind: 'confirmed', location: HERE });
  });

  it('refuses a confirm before this side agreed', () => {
    const heard = agreement();
    heard.receive(acceptFrame());
    expect(() => heard.receive(confirmFrame(HERE))).toThrow(broken);
  });

  it('refuses a confirm before the other side agreed', () => {
    const heard = agreement();
    heard.allowConfirm();
    expect(() => heard.receive(confirmFrame(HERE))).toThrow(broken);
  });

  it('refuses everything twice', () => {
    const heard = agreement();
    heard.receive(acceptFrame());
    expect(() => heard.receive(acceptFrame())).toThrow(broken);
    heard.allowConfirm();
    heard.receive(confirmFrame(HERE));
    expect(() => heard.receive(confirmFrame(HERE))).toThrow(broken);
  });

  it.each([
    ['another type', { type: 'hello' }],
    ['an extra field', { type: 'accept', extra: 1 }],
    ['no map', 1],
  ])('refuses %s', (_name, value) => {
    expect(() => agreement().receive(encodeFrame(value))).toThrow(broken);
  });
});
