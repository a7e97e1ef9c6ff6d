import { useSignal } from '@preact/signals';
import { CopyCommand } from './copy-command.tsx';
import { events, type ToldEvent } from './model.ts';
import { clockTime } from './words.ts';

/** Everything of an event but what stands in its own columns. */
const restOf = ({ event: _event, atMs: _atMs, ...rest }: ToldEvent): string => JSON.stringify(rest);

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
      <CopyCommand command="bowline events --follow" />
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
    </section>
  );
};
