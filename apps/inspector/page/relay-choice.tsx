import { useSignal } from '@preact/signals';
import { act, notice } from './act.ts';
import { CopyCommand, shellWord } from './copy-command.tsx';
import { snapshot } from './model.ts';
import { relayName } from './words.ts';

/** As many as a device takes. */
const MAX_RELAYS = 8;

/** The UDP port on which iroh-relay tells devices their address unless it is told otherwise. */
const ADDRESS_PORT = 7_842;

const choose = async (choice: unknown): Promise<void> => {
  const answer = await act<{ answers: { url: string; problem: string | null }[] }>('setRelays', { choice });
  if (answer === undefined) return;
  const problems = answer.answers.filter(({ problem }) => problem !== null);
  notice.value =
    problems.length === 0
      ? 'The relays are chosen.'
      : `Chosen, but ${problems.map((one) => `${relayName(one.url)}: ${one.problem}`).join('; ')}.`;
};

/** The public relays, none, or relays of one's own: which of them, which is home, and what they ask for. */
export const RelayChoice = () => {
  const typed = useSignal('');
  const token = useSignal('');
  const isPinned = useSignal(false);
  const tellAddresses = useSignal(false);
  const urls = typed.value.split(/\s+/).filter((each) => each !== '');
  const use = (): void => {
    const relays = urls.map((url, index) => ({
      url,
      pinned: index === 0 && isPinned.value,
      ...(token.value === '' ? {} : { token: token.value }),
      ...(tellAddresses.value ? { quicPort: ADDRESS_PORT } : {}),
    }));
    token.value = '';
    void choose({ urls: relays });
  };
  const words = urls.map((url) => shellWord(tellAddresses.value ? `${url}#quic` : url));
  return (
    <form
      class="choice"
      onSubmit={(event) => {
        event.preventDefault();
        if (urls.length > 0) use();
      }}
    >
      <button type="button" onClick={() => choose('default')}>
        Use the public relays
      </button>
      <button type="button" onClick={() => choose('disabled')}>
        Use none (local network only)
      </button>
      <label>
        My own, up to {MAX_RELAYS}, the first one first
        <textarea
          rows={2}
          placeholder="https://relay.example"
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </label>
      <label>
        What they ask their users for, if they do
        <input
          type="password"
          autocomplete="off"
          value={token.value}
          onInput={(event) => (token.value = event.currentTarget.value)}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={isPinned.value}
          onInput={(event) => (isPinned.value = event.currentTarget.checked)}
        />
        The first one is home whenever it works
      </label>
      <label>
        <input
          type="checkbox"
          checked={tellAddresses.value}
          onInput={(event) => (tellAddresses.value = event.currentTarget.checked)}
        />
        They tell devices their address (UDP port {ADDRESS_PORT})
      </label>
      <button type="submit" disabled={urls.length === 0 || urls.length > MAX_RELAYS}>
        Use them
      </button>
      {urls.length > 0 && <CopyCommand command={`relay ${isPinned.value ? 'pin' : 'set'} ${words.join(' ')}`} />}
      {urls.length > 0 && token.value !== '' && snapshot.value?.command !== null && (
        <p>The command does not hold the token: put it into BOWLINE_RELAY_TOKEN.</p>
      )}
    </form>
  );
};
