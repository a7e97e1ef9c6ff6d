/**
 * iroh alone, as an app uses it that dials again a second after each failure: `iroh-device.ts KEY PORT RELAY [PEER_ID ADDRESS]`, the
 * key as 64 hexadecimal digits, the relay `-` where there is none. Without a peer it answers. Prints JSON lines: `online` with
 * its id, and for every line that it reads: `ask`, until a ping sent after it is answered, `answered` with `afterMs`.
 */
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { endpointKeyOf } from '@bowline/relay-protocol';
import { type Connection, EndpointAddr, EndpointId } from '@number0/iroh/index.js';
import { bindEndpoint, ECHO_ALPN, echoConnections } from '../../packages/relay-switchboard/test/support/test-device.ts';

const RETRY_MS = 1_000;
const PING_EVERY_MS = 20;

/** Pings that wait for their answers at once. */
const MAX_PINGS = 4_096;

const [key = '', port = '', relay = '-', peerId, address = ''] = process.argv.slice(2);
const secretKey = Uint8Array.from(Buffer.from(key, 'hex'));
const relays = relay === '-' ? [] : [relay];
const endpoint = await bindEndpoint(secretKey, relays, [`0.0.0.0:${port}`, `[::]:${port}`]);
/** Held, for iroh closes what is collected. */
const kept: Connection[] = [];

const tell = (event: string, facts: object): void => {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
};

/** What a connection is asked on: bytes that come back in their order. */
interface PingStream {
  ping(): void;
}

let stream: PingStream | null = null;
const listeners = new Set<(sentAtMs: number) => void>();

const openPings = async (connection: Connection): Promise<PingStream> => {
  const { send, recv } = await connection.openBi();
  const sentAtMs: number[] = [];
  // One after the other: writes that wait side by side may swap.
  let written: Promise<unknown> = Promise.resolve();
  const read = async (): Promise<void> => {
    for (;;) {
      const { length } = await recv.read(MAX_PINGS);
      if (length === 0) return;
      const [last = 0] = sentAtMs.splice(0, length).slice(-1);
      for (const listener of [...listeners]) listener(last);
    }
  };
  read().catch(() => undefined);
  return {
    ping: () => {
      if (sentAtMs.length >= MAX_PINGS) return;
      sentAtMs.push(performance.now());
      written = written.then(() => send.writeAll([1])).catch(() => undefined);
    },
  };
};

const dialForEver = async (id: string): Promise<void> => {
  const peer = EndpointId.fromBytes([...Buffer.from(id, 'hex')]);
  for (;;) {
    try {
      const connection = await endpoint.connect(new EndpointAddr(peer, relays[0], [address]), ECHO_ALPN);
      stream = await openPings(connection);
      await connection.closed();
    } catch {
      // Tried again below.
    }
    stream = null;
    await pause(RETRY_MS);
  }
};

/** Pings, and hears when answered ones were sent, until it is ended. */
const pinging = (onAnswer: (sentAtMs: number) => void): (() => void) => {
  listeners.add(onAnswer);
  stream?.ping();
  const timer = setInterval(() => stream?.ping(), PING_EVERY_MS);
  return () => {
    clearInterval(timer);
    listeners.delete(onAnswer);
  };
};

const ask = async (): Promise<void> => {
  const askedAtMs = performance.now();
  await new Promise<void>((resolve) => {
    const end = pinging((sentAtMs) => {
      if (sentAtMs < askedAtMs) return;
      end();
      resolve();
    });
  });
  tell('answered', { afterMs: performance.now() - askedAtMs });
};

if (peerId === undefined) echoConnections(endpoint, kept);
else void dialForEver(peerId);
tell('online', { id: Buffer.from(endpointKeyOf(secretKey)).toString('hex') });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'ask') void ask();
}
process.exit(0);
