import type { DeviceReport } from '@bowline/contracts';
import { useSignal } from '@preact/signals';
import { act } from './act.ts';
import { DeviceWhy } from './device-why.tsx';
import { nowMs, peers, roundTrips, snapshot } from './model.ts';
import { Sparkline } from './sparkline.tsx';
import { bytes, duration, relayName, since } from './words.ts';

const PATH_WORDS = { direct: 'direct', relay: 'through' } as const;

const DeviceCard = ({ peer }: { readonly peer: DeviceReport }) => {
  const isAsking = useSignal(false);
  const device = snapshot.value?.devices.find(({ id }) => id === peer.id);
  const traffic = snapshot.value?.traffic?.peers.find(({ endpointId }) => endpointId === device?.endpointId);
  const dayLimit = snapshot.value?.traffic?.budget?.peerBytesPerDay ?? null;
  const relayed = traffic === undefined ? 0 : traffic.traffic.sentBytes + traffic.traffic.receivedBytes;
  return (
    <article class="card" aria-labelledby={`name-${peer.id}`}>
      <header>
        <h3 id={`name-${peer.id}`}>{peer.name}</h3>
        <span class={`state ${peer.state}`}>{peer.state}</span>
      </header>
      <dl>
        <dt>Path</dt>
        <dd>
          {peer.path === null ? '–' : PATH_WORDS[peer.path]}
          {peer.path === 'relay' && peer.relay !== null && ` ${relayName(peer.relay)}`}
        </dd>
        {peer.tcp !== null && (
          <>
            <dt>Streams</dt>
            <dd>over TCP, {bytes(peer.tcp.bytesPerSecond)}/s</dd>
          </>
        )}
        <dt>Round trip</dt>
        <dd>{duration(peer.rttMs)}</dd>
        <dt>{peer.state === 'connected' ? 'Connected' : 'So'}</dt>
        <dd>{since(peer.sinceMs, nowMs.value)}</dd>
        <dt>Through relays</dt>
        <dd>{bytes(relayed)}</dd>
        {dayLimit !== null && (
          <>
            <dt>Today</dt>
            <dd>
              {bytes(traffic?.spentTodayBytes ?? 0)} of {bytes(dayLimit)}
            </dd>
          </>
        )}
        <dt>Id</dt>
        <dd class="id">{peer.id}</dd>
      </dl>
      <Sparkline
        values={roundTrips.value.get(peer.id) ?? []}
        label={`Round trips of ${peer.name} in the last two minutes; now ${duration(peer.rttMs)}`}
      />
      <DeviceWhy deviceId={peer.id} name={peer.name} />
      <footer>
        {peer.state !== 'connected' && (
          <button type="button" onClick={() => act('reconnect', { deviceId: peer.id })}>
            Dial now
          </button>
        )}
        {isAsking.value ? (
          <>
            <span>It can come back only by pairing again.</span>
            <button type="button" class="danger" onClick={() => act('unpair', { deviceId: peer.id })}>
              Unpair {peer.name}
            </button>
            <button type="button" onClick={() => (isAsking.value = false)}>
              Keep it
            </button>
          </>
        ) : (
          <button type="button" onClick={() => (isAsking.value = true)}>
            Unpair…
          </button>
        )}
      </footer>
    </article>
  );
};

export const DevicesView = () => (
  <section aria-label="Devices">
    {peers.value.length === 0 ? (
      <p class="empty">No device is paired yet. Open “Pair” to begin.</p>
    ) : (
      <div class="cards">
        {peers.value.map((peer) => (
          <DeviceCard key={peer.id} peer={peer} />
        ))}
      </div>
    )}
  </section>
);
