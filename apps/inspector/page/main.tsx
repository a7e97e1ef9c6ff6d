import { signal } from '@preact/signals';
import { render } from 'preact';
import { notice } from './act.ts';
import { DeviceName } from './device-name.tsx';
import { DevicesView } from './devices-view.tsx';
import { EventsView } from './events-view.tsx';
import { MachinesView } from './machines-view.tsx';
import {
  closedBecause,
  connection,
  isSomethingMissing,
  lostBecause,
  noteSnapshot,
  ownName,
  SAMPLE_MS,
  type Snapshot,
  sample,
  session,
  showWhenLookedAt,
  snapshot,
  type ToldEvent,
  tell,
} from './model.ts';
import { endUnheardPairing, notePairingEvent, PairView } from './pair-view.tsx';
import { noteDrillEvent } from './relay-drill.ts';
import { RelaysView } from './relays-view.tsx';
import { forgetSession, hearEvents, openSession, RefusedError } from './session.ts';

const VIEWS = {
  Devices: DevicesView,
  Relays: RelaysView,
  Pair: PairView,
  Machines: MachinesView,
  Events: EventsView,
} as const;

type ViewName = keyof typeof VIEWS;

/** How long the page waits before it asks again for a stream that ended, milliseconds. */
const RETRY_MS = 2_000;

/** A device says something every ten seconds; one that has said nothing for so long is stopped or hangs, milliseconds. */
const SILENCE_MS = 25_000;

const view = signal<ViewName>('Devices');

const Tabs = () => (
  <nav aria-label="Views">
    {(Object.keys(VIEWS) as ViewName[]).map((name) => (
      <button
        type="button"
        key={name}
        aria-current={view.value === name ? 'page' : undefined}
        onClick={() => {
          view.value = name;
          notice.value = '';
        }}
      >
        {name}
      </button>
    ))}
  </nav>
);

/** How another link is had; an app that shows this page has its own way. */
const OpenAnew = () => {
  const begins = snapshot.value?.command ?? null;
  return begins === null ? null : (
    <p>
      In a terminal: <code>{begins} inspect</code>
    </p>
  );
};

const Page = () => {
  if (connection.value === 'closed') {
    return (
      <main class="closed">
        <h1>Bowline</h1>
        <p role="alert">{closedBecause.value}</p>
        <OpenAnew />
      </main>
    );
  }
  const View = VIEWS[view.value];
  return (
    <>
      <header class="top">
        <h1>
          <DeviceName name={ownName.value ?? 'Bowline'} />
        </h1>
        <Tabs />
      </header>
      <main>
        {connection.value === 'lost' && (
          <p role="alert">
            {lostBecause.value === ''
              ? 'The device does not answer. It is asked again every two seconds; if it was started anew, open the inspector anew, too.'
              : `${lostBecause.value} It is tried again every two seconds.`}
          </p>
        )}
        {connection.value === 'lost' && lostBecause.value === '' && <OpenAnew />}
        <p role="status" class="notice">
          {notice.value}
        </p>
        <h2>{view.value}</h2>
        {ownName.value !== null && <View />}
        {ownName.value === null && connection.value !== 'lost' && <p class="empty">Asking the device…</p>}
      </main>
    </>
  );
};

/** The last event that was heard: the stream goes on behind it when it was cut off. */
let lastId: string | undefined;

/** When the device was heard last, or asked for a stream. */
let heardAtMs = 0;
let listening = new AbortController();

const onEvent = (name: string, data: unknown, id?: string): void => {
  heardAtMs = performance.now();
  connection.value = 'open';
  lostBecause.value = '';
  if (id !== undefined) lastId = id;
  if (name === 'begun' && !(data as { isWhole: boolean }).isWhole) isSomethingMissing.value = true;
  if (name === 'snapshot') noteSnapshot(data as Partial<Snapshot>);
  if (name === 'told') {
    tell(data as ToldEvent);
    notePairingEvent(data as ToldEvent);
    noteDrillEvent(data as ToldEvent);
  }
};

const NO_SESSION = 'This page was opened without a link of its own, or the link is used up. Open the inspector anew.';

const close = (because: string): void => {
  forgetSession();
  closedBecause.value = because;
  connection.value = 'closed';
};

const listen = async (): Promise<void> => {
  if (session.value === null) return;
  try {
    const body = lastId === undefined ? {} : { after: lastId };
    heardAtMs = performance.now();
    listening = new AbortController();
    await hearEvents(session.value, onEvent, listening.signal, { body });
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'REFUSED') return close(error.message);
    lostBecause.value = error instanceof RefusedError ? error.message : '';
  }
  connection.value = 'lost';
  endUnheardPairing();
  setTimeout(() => void listen(), RETRY_MS);
};

const begin = async (): Promise<void> => {
  try {
    session.value = await openSession();
  } catch (error) {
    return close(error instanceof RefusedError ? error.message : 'The device does not answer.');
  }
  if (session.value === null) return close(NO_SESSION);
  showWhenLookedAt();
  setInterval(() => {
    if (performance.now() - heardAtMs > SILENCE_MS) listening.abort();
    sample();
  }, SAMPLE_MS);
  await listen();
};

// A new link that is opened in the tab of an old one changes its fragment alone.
addEventListener('hashchange', () => location.reload());

const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
void begin();
