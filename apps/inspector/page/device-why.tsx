import type { DeviceDiagnosis, DeviceTimeline } from '@bowline/contracts';
import {
  besidePhrase,
  causePhrase,
  evidencePhrase,
  namePhrase,
  servicePhrase,
  shownServices,
} from '@bowline/diagnosis/phrases';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { act } from './act.ts';
import { CopyCommand, deviceWord } from './copy-command.tsx';
import { bandsOf, TimelineBands } from './timeline-bands.tsx';
import { clockTime, dayTime, duration } from './words.ts';

/** How far back the bands go. */
const SPAN_MS = 86_400_000;

/** How often it is asked again while it is looked at, milliseconds. */
const LOOK_AGAIN_MS = 5_000;

interface Answer {
  readonly diagnosis: DeviceDiagnosis;
  readonly timeline: DeviceTimeline;
  readonly nowMs: number;
  /** Names of what it serves to this device; `null` while it does not answer. */
  readonly services: readonly string[] | null;
}

const Facts = ({
  diagnosis,
  from,
  who,
  nowMs,
}: {
  readonly diagnosis: DeviceDiagnosis;
  readonly nowMs: number;
  readonly from: 'here' | 'there';
  readonly who: string;
}) => {
  const facts = diagnosis.evidence.filter((each) => each.from === from);
  return (
    <div>
      <h4>{who}</h4>
      {facts.length === 0 ? (
        <p class="empty">nothing that speaks for it</p>
      ) : (
        <dl>
          {facts.flatMap((each) => {
            const [name, said] = evidencePhrase(each, nowMs);
            return [
              <dt key={`${each.fact}-name`}>{name}</dt>,
              <dd key={each.fact} title={`${each.fact}, ${clockTime(each.atMs)}`}>
                {said}
              </dd>,
            ];
          })}
        </dl>
      )}
    </div>
  );
};

/** Since when it is away, or the last time it was, if that was in the span that is shown. */
const outageOf = ({ entries }: DeviceTimeline, isConnected: boolean): string => {
  if (!isConnected) {
    const last = entries.findLast(({ kind }) => kind === 'device.disconnected' || kind === 'device.connected');
    if (last === undefined) return 'It was not connected in the last day.';
    return last.kind === 'device.disconnected' ? `It has been away since ${dayTime(last.atMs)}.` : '';
  }
  const back = entries.findLast(({ kind, durationMs }) => kind === 'device.connected' && durationMs !== null);
  if (back === undefined) return 'It was not away in the last day.';
  return `It was away last for ${duration(back.durationMs)}, until ${dayTime(back.atMs)}.`;
};

const servedBy = (services: readonly string[] | null): string => {
  if (services === null) return 'What it serves is not known: it does not answer.';
  return services.length === 0 ? 'It serves nothing to this device.' : `It serves: ${services.join(', ')}.`;
};

const Explained = ({ diagnosis, timeline, nowMs, services }: Answer) => {
  const { device, also, remedies } = diagnosis;
  const sinceMs = nowMs - SPAN_MS;
  const isConnected = diagnosis.state === 'connected';
  return (
    <>
      <p>{causePhrase(diagnosis)}</p>
      <p>
        {isConnected ? `${servedBy(services)} ` : ''}
        {outageOf(timeline, isConnected)}
      </p>
      {also.map((other) => (
        <p key={other.cause}>{besidePhrase(other)}</p>
      ))}
      <div class="sides">
        <Facts diagnosis={diagnosis} from="here" who="Seen here" nowMs={nowMs} />
        <Facts diagnosis={diagnosis} from="there" who={`Told by ${namePhrase(device.name)}`} nowMs={nowMs} />
      </div>
      {remedies.length > 0 && (
        <>
          <h4>What would help</h4>
          <ul>
            {remedies.map(({ code, sentence: help, tried }) => (
              <li key={code}>
                {help}
                {tried !== null && ` (tried: ${tried.outcome})`}
              </li>
            ))}
          </ul>
        </>
      )}
      <TimelineBands
        bands={bandsOf(timeline.entries, sinceMs, nowMs)}
        sinceMs={sinceMs}
        nowMs={nowMs}
        name={device.name}
      />
      <CopyCommand command={`why ${deviceWord(device)}`} />
    </>
  );
};

/** Why a device is connected as it is, and its last day; asked for only while it is open. */
export const DeviceWhy = ({ deviceId, name }: { readonly deviceId: string; readonly name: string }) => {
  const isOpen = useSignal(false);
  const answer = useSignal<Answer | null>(null);
  useEffect(() => {
    if (!isOpen.value) return;
    let isLeft = false;
    const look = async (): Promise<void> => {
      const nowMs = Date.now();
      const [diagnosis, timeline] = await Promise.all([
        act<DeviceDiagnosis>('explain', { deviceId }),
        act<DeviceTimeline>('timeline', { deviceId, sinceMs: nowMs - SPAN_MS }),
      ]);
      if (isLeft || diagnosis === undefined || timeline === undefined) return;
      const before = answer.value?.services ?? null;
      answer.value = { diagnosis, timeline, nowMs, services: before };
      if (diagnosis.state !== 'connected') return;
      const told = await act<{ services: { name: string }[] }>('services', { deviceId });
      const services = told === undefined ? null : shownServices(told.services).map(({ name }) => servicePhrase(name));
      if (!isLeft) answer.value = { diagnosis, timeline, nowMs, services };
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_AGAIN_MS);
    return () => {
      isLeft = true;
      clearInterval(timer);
    };
  }, [isOpen.value, deviceId]);
  return (
    <section class="why" aria-label={`Why ${namePhrase(name)}`}>
      <button type="button" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
        Why?
      </button>
      {isOpen.value &&
        (answer.value === null ? <p class="empty">Asking the device…</p> : <Explained {...answer.value} />)}
    </section>
  );
};
