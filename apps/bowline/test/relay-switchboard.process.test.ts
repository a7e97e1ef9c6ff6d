import { randomBytes } from 'node:crypto';
import type { RelayUrl } from '@bowline/contracts';
import { endpointKeyOf } from '@bowline/relay-protocol';
import { type Connection, EndpointAddr, EndpointId } from '@number0/iroh/index.js';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EchoStream } from '../../../packages/relay-switchboard/test/support/echo-stream.ts';
import { RelayProcess } from '../../../packages/relay-switchboard/test/support/relay-process.ts';
import {
  bindEndpoint,
  DEAF_ADDRESSES,
  ECHO_ALPN,
  echoConnections,
  LOOPBACK_ADDRESSES,
} from '../../../packages/relay-switchboard/test/support/test-device.ts';
import { type ChildCommand, childCommand } from '../src/demo/child-command.ts';

let relays: readonly RelayProcess[];

beforeEach(async () => {
  relays = await Promise.all([RelayProcess.start(), RelayProcess.start()]);
  onTestFinished(async () => {
    await Promise.all(relays.map((relay) => relay[Symbol.asyncDispose]()));
  });
});

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const switchboard = (input: string, urls: readonly string[], ...more: readonly string[]): ChildCommand => {
  const command = childCommand(['relay', 'switchboard', '--relay', ...urls, ...more], [], input);
  onTestFinished(() => command.end());
  return command;
};

/** An endpoint as the binding makes it; all it knows is the loopback relay of the command. */
const endpointBehindOne = async (addresses: readonly string[]) => {
  const secretKey = Uint8Array.from(randomBytes(32));
  const urls = relays.map(({ url }) => url);
  const command = switchboard(`${hexOf(secretKey)}\n`, urls);
  const { endpointId, url } = await command.line(({ event }) => event === 'listening');
  expect(endpointId).toBe(hexOf(endpointKeyOf(secretKey)));
  const home = (homeRelayUrl: RelayUrl) =>
    command.line((line) => line.event === 'relay.homeChanged' && line.homeRelayUrl === homeRelayUrl);
  for (const each of urls) {
    await command.line(
      (line) => line.event === 'relay.stateChanged' && line.url === each && line.state === 'connected',
    );
  }
  const endpoint = await bindEndpoint(secretKey, [String(url)], addresses);
  onTestFinished(() => endpoint.close());
  return { command, endpoint, home, id: EndpointId.fromBytes([...endpointKeyOf(secretKey)]), url: String(url) };
};

describe('bowline relay switchboard', () => {
  it('carries plain endpoints over the death of one relay after the other', async () => {
    const asking = await endpointBehindOne(LOOPBACK_ADDRESSES);
    const answering = await endpointBehindOne(DEAF_ADDRESSES);
    const kept: Connection[] = [];
    echoConnections(answering.endpoint, kept);
    const connection = await asking.endpoint.connect(new EndpointAddr(answering.id, asking.url, []), ECHO_ALPN);
    onTestFinished(() => {
      for (const each of [connection, ...kept]) each.close(0n, []);
    });
    const echo = await EchoStream.open(connection);
    await echo.more(25);
    const [first, second] = relays as [RelayProcess, RelayProcess];
    await first.kill();
    await echo.more(25);
    await Promise.all([asking.home(second.url), answering.home(second.url)]);
    await first.start();
    await second.kill();
    await echo.more(50);
    expect(connection.closeReason()).toBeNull();
    expect(connection.paths().every((path) => path.isRelay)).toBe(true);
  });

  it('is reached by an endpoint that is at a relay itself', async () => {
    const answering = await endpointBehindOne(DEAF_ADDRESSES);
    const kept: Connection[] = [];
    echoConnections(answering.endpoint, kept);
    const [, second] = relays as [RelayProcess, RelayProcess];
    const asking = await bindEndpoint(Uint8Array.from(randomBytes(32)), [second.url], LOOPBACK_ADDRESSES);
    onTestFinished(() => asking.close());
    const connection = await asking.connect(new EndpointAddr(answering.id, second.url, []), ECHO_ALPN);
    const echo = await EchoStream.open(connection);
    await echo.more(10);
    expect(connection.closeReason()).toBeNull();
    for (const each of [connection, ...kept]) each.close(0n, []);
  });

  it.each([
    ['a key that is none', 'nonsense', 'http://127.0.0.1:1', /64 hexadecimal digits/],
    ['no key', '', 'http://127.0.0.1:1', /64 hexadecimal digits/],
    ['more than a key', '0'.repeat(2_000), 'http://127.0.0.1:1', /at most 1024 bytes/],
    ['what is no relay', '0'.repeat(64), 'ftp://a', /no relay URL/],
  ])('refuses %s, and does not say what it was given', async (_, input, relay, message) => {
    const command = switchboard(input, [relay]);
    const { error } = (await command.line(({ error }) => error !== undefined)) as { error: { message: string } };
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('nonsense');
    expect(await command.exitCode()).toBe(2);
  });

  it('refuses a port that is taken', async () => {
    const key = hexOf(randomBytes(32));
    const first = switchboard(key, [relays[0]?.url ?? '']);
    const { port } = await first.line(({ event }) => event === 'listening');
    const second = switchboard(key, [relays[0]?.url ?? ''], '--port', String(port));
    expect((await second.line(({ error }) => error !== undefined)).error).toMatchObject({
      code: 'SWITCHBOARD_PORT_TAKEN',
    });
    expect(await second.exitCode()).toBe(1);
  });
});
