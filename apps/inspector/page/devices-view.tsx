import { namePhrase, tcpAbsencePhrase } from '@bowline/diagnosis/phrases';
import { type ReadonlySignal, useComputed } from '@preact/signals';
import { act } from './act.ts';
import { DeviceName } from './device-name.tsx';
import { DeviceWhy } from './device-why.tsx';
import { useFocusKept } from './focus-kept.ts';
import { useInSight, useWhileInSight } from './in-sight.ts';
import {
  bytesOf,
  countingSinceMs,
  dayLimit,
  nowMs,
  peerIds,
  roundTripsOf,
  snapshot,
  standings,
  tcpOf,
  trafficOf,
} from './model.ts';
import { Sparkline } from './sparkline.tsx';
import { UnpairButton } from './unpair-button.tsx';
import { bytes, dayTime, duration, relayName, since } from './words.ts';

const PATH_WORDS = { direct: 'direct', relay: 'through' } as const;

/** What is measured every second; drawn while it is in sight. */
const Measured = ({
  id,
  isConnected,
  isInSight,
}: {
  readonly id: string;
  readonly isConnected: boolean;
  readonly isInSight: ReadonlySignal<boolean>;
}) => {
  const endpointId = snapshot.peek()?.devices.find((device) => device.id === id)?.endpointId ?? '';
  const roundTrip = useWhileInSight(isInSight, () => duration(roundTripsOf(id).at(-1) ?? null), '–');
  const lasts = useWhileInSight(isInSight, () => since(standings.value.get(id)?.sinceMs ?? null, nowMs.value), '');
  const today = useWhileInSight(isInSight, () => bytes(trafficOf(endpointId)?.spentTodayBytes ?? 0), '');
  const overTcp = useWhileInSight(isInSight, () => tcpText(id), '').value;
  return (
    <>
      {overTcp !== '' && (
        <>
          <dt>Streams</dt>
          <dd>{overTcp}</dd>
        </>
      )}
      <dt>Round trip</dt>
      <dd class="live">{roundTrip}</dd>
      <dt>{isConnected ? 'Connected' : 'So'}</dt>
      <dd class={isConnected ? 'live' : ''}>{lasts}</dd>
      <Carried term="Direct" id={id} kind="direct" isInSight={isInSight} />
      <Carried term="Through relays" id={id} kind="relayed" isInSight={isInSight} />
      {dayLimit.value !== null && (
        <>
          <dt>Today</dt>
          <dd>
            {today} of {bytes(dayLimit.value)}
          </dd>
        </>
      )}
    </>
  );
};

const tcpText = (id: string): string => {
  const { tcp, tcpAbsence } = tcpOf(id);
  if (tcp !== null) return `over TCP, ${bytes(tcp.bytesPerSecond)}/s`;
  return tcpAbsence === null ? '' : tcpAbsencePhrase(tcpAbsence);
};

/** What went to and from a device, directly or through relays. */
const Carried = ({
  term,
  id,
  kind,
  isInSight,
}: {
  readonly term: string;
  readonly id: string;
  readonly kind: 'direct' | 'relayed';
  readonly isInSight: ReadonlySignal<boolean>;
}) => {
  const sent = useWhileInSight(isInSight, () => bytes(bytesOf(id)?.[kind].sentBytes ?? 0), '');
  const received = useWhileInSight(isInSight, () => bytes(bytesOf(id)?.[kind].receivedBytes ?? 0), '');
  return (
    <>
      <dt>{term}</dt>
      <dd class="live two">
        <span>{sent} sent, </span>
        <span>{received} received</span>
      </dd>
    </>
  );
};

const DeviceCard = ({ id }: { readonly id: string }) => {
  const { ref, isInSight } = useInSight<HTMLElement>();
  const { value: peer } = useComputed(() => standings.value.get(id));
  if (peer === undefined) return null;
  return (
    <article class="card" aria-labelledby={`name-${peer.id}`} ref={ref}>
      <header>
        <h3 id={`name-${peer.id}`}>
          <DeviceName name={peer.name} />
        </h3>
        <span class={`state ${peer.state}`}>{peer.state}</span>
      </header>
      <dl>
        <dt>Path</dt>
        <dd>
          {peer.path === null ? '–' : PATH_WORDS[peer.path]}
          {peer.path === 'relay' && peer.relay !== null && ` ${relayName(peer.relay)}`}
        </dd>
        <Measured id={id} isConnected={peer.state === 'connected'} isInSight={isInSight} />
        <dt>Id</dt>
        <dd class="id">{peer.id}</dd>
      </dl>
      <Sparkline
        isInSight={isInSight}
        values={() => roundTripsOf(id)}
        label={`Round trips of ${namePhrase(peer.name)} in the last two minutes`}
      />
      <DeviceWhy deviceId={peer.id} name={peer.name} />
      <footer>
        {peer.state !== 'connected' && (
          <button type="button" onClick={() => act('reconnect', { deviceId: peer.id })}>
            Dial now
          </button>
        )}
        <UnpairButton deviceId={peer.id} name={peer.name} />
      </footer>
    </article>
  );
};

export const DevicesView = () => {
  const place = useFocusKept<HTMLElement>(peerIds.value);
  return (
    <section aria-label="Devices" tabIndex={-1} ref={place}>
      {peerIds.value.length === 0 ? (
        <p class="empty">No device is paired yet. Open “Pair” to begin.</p>
      ) : (
        <>
          {countingSinceMs.value !== null && (
            <p class="empty">Bytes are counted since this device started: {dayTime(countingSinceMs.value)}.</p>
          )}
          <div class="cards">
            {peerIds.value.map((id) => (
              <DeviceCard key={id} id={id} />
            ))}
          </div>
        </>
      )}
    </section>
  );
};
