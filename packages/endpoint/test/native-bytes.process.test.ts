import { type BoundEndpoint, brandAs, type EndpointId } from '@bowline/contracts';
import { SecretKey } from '@number0/iroh/index.js';
import { afterAll, describe } from 'vitest';
import { nativeBytesToHex, textToNativeBytes } from '../src/native-bytes.ts';
import { bytesConformance } from './bytes-conformance.ts';
import type { BytesBinding } from './fake-binding.ts';
import { type RawPeer, rawPeer } from './raw-peer.ts';

const ALPN = 'test/bytes/1';
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

const addressOf = ({ endpoint }: RawPeer): BoundEndpoint => ({
  endpointId: brandAs<EndpointId>(nativeBytesToHex(endpoint.id().toBytes())),
  port: 0,
  ipv6Port: null,
  directAddresses: endpoint.boundSockets().map((address) => brandAs(String(address))),
});

/** Two endpoints of the binding that is installed, connected on loopback. */
const realBinding = async (): Promise<BytesBinding> => {
  const [dialler, acceptor] = await Promise.all([rawPeer(1, ALPN), rawPeer(2, ALPN)]);
  closing.push(async () => void (await Promise.all([dialler.close(), acceptor.close()])));
  const here = await dialler.connect(addressOf(acceptor), ALPN);
  // Dialling is over as soon as this side has what it needs: the other may not have accepted yet.
  const accepted = acceptor.nextAccepted();
  return {
    keys: SecretKey,
    openStream: async () => {
      const opened = await here.openBi();
      // It is told to the other side with its first bytes, which are read away there.
      await opened.send.writeAll(textToNativeBytes('.'));
      const there = await accepted;
      const taken = await there.acceptBi();
      await taken.recv.read(1);
      return [opened, taken];
    },
  };
};

describe('the binding that is installed', () => {
  bytesConformance('numbers', realBinding);
});
