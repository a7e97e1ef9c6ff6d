/**
 * `bowline-peer.ts sink|source FOLDER [TICKET [RELAY,… [tcp]]]`: streams between two hosts, workers placed as they are by default.
 * With relays they tell each other no addresses of this machine; iroh may find one by itself.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { StreamHandler } from '@bowline/host';
import { startBenchHost } from './bench-host.ts';
import { ECHO_MS, serveTasks, WRITE_BYTES } from './measured-peer.ts';

const [role = '', dataDir = '', told, relays = '', transport = ''] = process.argv.slice(2);
const relay = relays === '' ? 'disabled' : { urls: relays.split(',') };
const { host, pids } = await startBenchHost({ dataDir, name: role, relay }, transport);

if (role === 'sink') {
  await host.serve(
    'sink',
    async (stream) => {
      for await (const _bytes of stream);
      // As the answer to a request, it says that all went well.
      await stream.write(Uint8Array.of(0));
    },
    { allow: 'paired', maxStreams: 256 },
  );
  const echo: StreamHandler = async (stream) => {
    for await (const bytes of stream) await stream.write(bytes);
  };
  await host.serve('echo', echo, { allow: 'paired' });
  serveTasks({ send: async () => undefined, pids });
  const offer = await host.pair({ policy: 'accept' });
  process.send?.({ address: relays === '' ? offer.ticket : offer.words });
} else {
  const connected = new Promise<void>((resolve) => void host.on('device.connected', () => resolve()));
  await (await host.join(told ?? '')).paired;
  await connected;
  const sink = host.device('sink');
  serveTasks({
    send: async (bytes) => {
      if (bytes <= WRITE_BYTES) {
        await sink.request('sink', new Uint8Array(bytes));
        return;
      }
      const stream = await sink.open('sink');
      for (let left = bytes; left > 0; left -= WRITE_BYTES) {
        await stream.write(new Uint8Array(Math.min(left, WRITE_BYTES)));
      }
      await stream.end();
      for await (const _answer of stream);
    },
    relay: async () => sink.snapshot.relay,
    echo: async (forMs) => {
      await using stream = await sink.open('echo');
      let longestGapMs = 0;
      let heardAtMs = performance.now();
      const listening = (async () => {
        for await (const _word of stream) {
          longestGapMs = Math.max(longestGapMs, performance.now() - heardAtMs);
          heardAtMs = performance.now();
        }
      })();
      const untilMs = performance.now() + forMs;
      while (performance.now() < untilMs) {
        await stream.write('word');
        await delay(ECHO_MS);
      }
      await stream.end();
      await listening;
      return longestGapMs;
    },
    hold: async () => void (await sink.open('sink')),
    pids,
  });
  process.send?.({ address: null });
}
