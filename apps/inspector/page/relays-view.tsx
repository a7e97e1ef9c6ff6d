import type { RelayReport } from '@bowline/contracts';
import { relayDownPhrase } from '@bowline/diagnosis/phrases';
import { useInSight } from './in-sight.ts';
import { relayRoundTripsOf, relays, snapshot } from './model.ts';
import { RelayBudget } from './relay-budget.tsx';
import { RelayChoice } from './relay-choice.tsx';
import { beginDrill, drill } from './relay-drill.ts';
import { Sparkline } from './sparkline.tsx';
import { bytes, duration, relayName } from './words.ts';

const ROLES = { home: 'home', standby: 'stands by', peer: 'of a device' } as const;

const RelayRow = ({ relay }: { readonly relay: RelayReport }) => {
  const { ref, isInSight } = useInSight<HTMLTableRowElement>();
  const traffic = snapshot.value?.traffic?.relays.find(({ url }) => url === relay.url)?.traffic;
  return (
    <tr ref={ref}>
      <th scope="row">{relayName(relay.url)}</th>
      <td>{ROLES[relay.role]}</td>
      <td>
        <span class={`state ${relay.state}`}>
          {relay.state}
          {relay.downReason === null ? '' : `: ${relayDownPhrase(relay.downReason)}`}
        </span>
      </td>
      <td>{duration(relay.rttMs)}</td>
      <td>
        <Sparkline
          isInSight={isInSight}
          values={() => relayRoundTripsOf(relay.url)}
          label={`Round trips of ${relayName(relay.url)} in the last two minutes`}
        />
      </td>
      <td>
        <button type="button" disabled={relay.state !== 'connected'} onClick={() => beginDrill(relay.url)}>
          Drop
        </button>
      </td>
      <td>{traffic === undefined ? '–' : bytes(traffic.sentBytes + traffic.receivedBytes)}</td>
    </tr>
  );
};

/** What came of dropping a login. */
const Drill = () => {
  const now = drill.value;
  if (now === null) return null;
  return (
    <section aria-label="What came of it" aria-live="polite">
      <h3>The login at {relayName(now.url)} was dropped</h3>
      <ol>
        {now.steps.map(({ afterMs, what }) => (
          <li key={`${afterMs} ${what}`}>
            after {duration(Math.max(0, afterMs))}: {what}
          </li>
        ))}
      </ol>
      <p>{now.isOver ? 'It is connected again.' : 'It comes back by itself…'}</p>
    </section>
  );
};

/** Why the relay that is home was chosen. */
const HomeReason = () => {
  const reason = snapshot.value?.status.homeReason ?? null;
  const home = relays.value.find(({ role }) => role === 'home');
  if (reason === null || home === undefined) return null;
  return (
    <p>
      Why {relayName(home.url)} is home: {reason}
    </p>
  );
};

export const RelaysView = () => (
  <section aria-label="Relays">
    {relays.value.length === 0 ? (
      <p class="empty">No relay is used: devices find each other on the local network alone.</p>
    ) : (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      <section class="scroll" tabIndex={0} aria-label="Relays in use">
        <table>
          <thead>
            <tr>
              {['Relay', 'Role', 'State', 'Round trip', 'Two minutes', 'Drill', 'Bytes'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {relays.value.map((relay) => (
              <RelayRow key={relay.url} relay={relay} />
            ))}
          </tbody>
        </table>
      </section>
    )}
    <HomeReason />
    <Drill />
    <RelayBudget />
    <RelayChoice />
  </section>
);
