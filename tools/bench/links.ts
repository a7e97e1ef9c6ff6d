/**
 * What a link costs over a bare connection: `npm run bench links -- [--rounds 5]`.
 *
 * Two devices on 127.0.0.1, each with its endpoint in a process of its own. A frame echoed over a bare connection of the
 * endpoint channel, and a message until it is acknowledged by a host that journals nothing, take turns in one run, so
 * that both see the same machine. Prints one JSON object: medians of all rounds in microseconds for each round trip,
 * ours divided by the bare one, and messages a second with many under way.
 */
import { parseArgs } from 'node:util';
import { deviceIdOf, type EndpointChannel, endpointIdOf, LINK_ALPN, type LinksChannel } from '@bowline/contracts';
import { endpointWorker } from '@bowline/endpoint';
import { endpointConnections, type PeerConnection } from '@bowline/endpoint-connections';
import { LINK_MAX_FRAME_BYTES } from '@bowline/link-protocol';
import { links } from '@bowline/links';
import { type SupervisedWorker, supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, actorHarness, memoryLogger } from '@bowline/testing';

const ECHO_ALPN = 'bench/echo/1';
const PAYLOADS = { '100 B': 100, '1 KiB': 1_024, '16 KiB': 16_000 } as const;
const CALLS = 300;
/** Within the 4 MiB that may wait for one device. */
const BURST = 200;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });

interface Device {
  readonly seed: number;
  readonly worker: SupervisedWorker<EndpointChannel>;
  readonly harness: ActorHarness<LinksChannel>;
}

const idOf = (seed: number) => endpointIdOf(new Uint8Array(32).fill(seed));
const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };

const device = async (seed: number, peerSeed: number): Promise<Device> => {
  const entry = new URL(import.meta.resolve('@bowline/endpoint/worker'));
  const worker = supervise({ definition: endpointWorker, kind: 'process', entry, options: {} }, components);
  const harness = actorHarness<LinksChannel>((given) => links()({ ...given, endpoint: worker.client }), components);
  harness.client.on('message.received', ({ deviceId, position }) => {
    void harness.client.request('acknowledge', { deviceId, position });
  });
  await worker.start();
  await harness.actor.start();
  const peer = idOf(peerSeed);
  const record = { deviceId: deviceIdOf(peer), endpointId: peer, incarnation: 0, lastReceived: null, pairing: 1 };
  await harness.client.request('setPeers', { scope: 'all', peers: [record] });
  const { endpointId, directAddresses } = await worker.client.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [
      { alpn: LINK_ALPN, admit: 'listed', maxFrameBytes: LINK_MAX_FRAME_BYTES, maxIncoming: 10 },
      { alpn: ECHO_ALPN, admit: 'listed', maxFrameBytes: LINK_MAX_FRAME_BYTES, maxIncoming: 10 },
    ],
    loopbackRelayUrl: null,
    bindAddresses: ['127.0.0.1'],
    admitted: [peer],
  });
  const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 1 };
  const self = { endpointId, incarnation: 1, name: `device ${seed}`, relayInfo, directAddresses };
  await harness.client.request('presentSelf', self);
  return { seed, worker, harness };
};

const addressesOf = async ({ worker, seed }: Device) =>
  (await worker.client.request('readBound', { endpointId: idOf(seed) })).directAddresses;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Median round trip of many calls one after another, microseconds. */
const roundTrip = async (call: () => Promise<unknown>): Promise<number> => {
  const micros: number[] = [];
  for (let done = 0; done < CALLS; done += 1) {
    const startedAtMs = performance.now();
    await call();
    micros.push((performance.now() - startedAtMs) * 1_000);
  }
  return Math.round(median(micros));
};

/** Calls a second with many under way. */
const rate = async (call: () => Promise<unknown>): Promise<number> => {
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: BURST }, call));
  return Math.round((BURST / (performance.now() - startedAtMs)) * 1_000);
};

const echoOn = (connection: PeerConnection) => async (frame: Uint8Array) => {
  await connection.send(frame);
  return await connection.nextFrame({ timeoutMs: 5_000 });
};

const [one, other] = await Promise.all([device(1, 2), device(2, 1)]);
const directAddresses = await addressesOf(other);
const bare = endpointConnections({ ...components, endpoint: one.worker.client });
endpointConnections({ ...components, endpoint: other.worker.client }).onAccepted(ECHO_ALPN, (connection) => {
  connection.onFrame((frame) => void connection.send(frame));
});
const target = { from: idOf(1), to: idOf(2), alpn: ECHO_ALPN, directAddresses, throughRelay: false, timeoutMs: 5_000 };
const echo = echoOn(await bare.dial(target));
const deviceId = deviceIdOf(idOf(2));
await one.harness.client.request('connect', { deviceId, directAddresses, throughRelay: false, timeoutMs: 5_000 });
const send = (payload: Uint8Array) => one.harness.client.request('sendMessage', { deviceId, payload });

const report: Record<string, Record<string, number>> = {};
for (const [name, sizeBytes] of Object.entries(PAYLOADS)) {
  const payload = new Uint8Array(sizeBytes);
  const found = { bare: [] as number[], link: [] as number[], rate: [] as number[] };
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    const results = [
      await roundTrip(() => echo(payload)),
      await roundTrip(() => send(payload)),
      await rate(() => send(payload)),
    ] as const;
    // The first round warms up.
    if (round === 0) continue;
    found.bare.push(results[0]);
    found.link.push(results[1]);
    found.rate.push(results[2]);
  }
  const [bareMicros, linkMicros] = [median(found.bare), median(found.link)];
  report[name] = {
    bareMicros,
    linkMicros,
    ratio: Math.round((linkMicros / bareMicros) * 100) / 100,
    messagesPerSecond: median(found.rate),
  };
}
console.log(JSON.stringify({ node: process.version, rounds: Number(values.rounds), report }, null, 2));
await Promise.all(
  [one, other].map(async ({ harness, worker }) => {
    await harness.actor.stop();
    await worker.stop();
  }),
);
