import type { JournalEntry } from '@bowline/contracts';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { act } from './act.ts';
import { CopyCommand } from './copy-command.tsx';
import { eventJson } from './event-json.ts';
import { events, isSomethingMissing, openedAtMs, type ToldEvent } from './model.ts';
import { clockTime, dayTime } from './words.ts';

/** Entries of the journal that are shown. */
const JOURNAL_ENTRIES = 100;

/** What the device noted before this page was opened: less than it tells as it happens, and over restarts. */
const Before = ({ needle }: { readonly needle: string }) => {
  const entries = useSignal<readonly JournalEntry[] | null>(null);
  useEffect(() => {
    let isLeft = false;
    const read = async (): Promise<void> => {
      const read = await act<{ entries: readonly JournalEntry[] }>('journal', {
        afterPosition: -1,
        limit: JOURNAL_ENTRIES,
      });
      if (!isLeft && read !== undefined) entries.value = read.entries;
    };
    void read();
    return () => {
      isLeft = true;
    };
  }, []);
  const shown = (entries.value ?? [])
    .filter((entry) => entry.atMs < openedAtMs && JSON.stringify(entry).toLowerCase().includes(needle))
    .toReversed();
  if (entries.value === null) return null;
  return (
    <>
      <h3>Before this page was opened</h3>
      {shown.length === 0 ? (
        <p class="empty">Nothing that was noted{needle === '' ? '' : ' fits the filter'}.</p>
      ) : (
        <ol class="events" aria-label="Before this page was opened">
          {shown.map(({ position, atMs, event, deviceId, data }) => (
            <li key={position}>
              <time dateTime={new Date(atMs).toISOString()}>{dayTime(atMs)}</time>
              <strong>{event}</strong>
              <code>{eventJson(deviceId === null ? data : { deviceId, ...data })}</code>
            </li>
          ))}
        </ol>
      )}
    </>
  );
};

/** Everything of an event but what stands in its own columns. */
const restOf = ({ event: _event, atMs: _atMs, ...rest }: ToldEvent): string => eventJson(rest);

export const EventsView = () => {
  const filter = useSignal('');
  const needle = filter.value.toLowerCase();
  const shown = events.value.filter((event) => JSON.stringify(event).toLowerCase().includes(needle)).toReversed();
  return (
    <section aria-label="Events">
      <label class="filter">
        Filter
        <input type="search" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
      </label>
      <CopyCommand command="events --follow" />
      {isSomethingMissing.value && (
        <p>The device was away for too long, or was started anew: of what happened meanwhile some is missing here.</p>
      )}
      {shown.length === 0 ? (
        <p class="empty">
          Nothing has happened since this page was opened{needle === '' ? '' : ' that fits the filter'}.
        </p>
      ) : (
        <ol class="events">
          {shown.map((event, index) => (
            <li key={events.value.length - index}>
              <time dateTime={new Date(event.atMs).toISOString()}>{clockTime(event.atMs)}</time>
              <strong>{event.event}</strong>
              <code>{restOf(event)}</code>
            </li>
          ))}
        </ol>
      )}
      <Before needle={needle} />
    </section>
  );
};
