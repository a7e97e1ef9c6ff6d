import type { RelayBudget as Budget } from '@bowline/contracts';
import { useSignal } from '@preact/signals';
import { act, notice } from './act.ts';
import { budgetSentence, typedBudget, typedLimit } from './budget-words.ts';
import { CopyCommand, shellWord } from './copy-command.tsx';
import { snapshot } from './model.ts';
import { bytes } from './words.ts';

const set = async (budget: Budget | null): Promise<boolean> => {
  if ((await act('setRelayBudget', { budget })) === undefined) return false;
  notice.value = `Set. ${budgetSentence(budget)}`;
  return true;
};

/** What a day may take through relays and what it has taken, and the form that limits it, as `bowline relay budget` does. */
export const RelayBudget = () => {
  const traffic = snapshot.value?.traffic ?? null;
  /** What is typed; `null`: nothing is, and what is set is shown. */
  const perDevice = useSignal<string | null>(null);
  const total = useSignal<string | null>(null);
  if (traffic === null) return null;
  const { budget, spentTodayBytes } = traffic;
  const limit = budget?.totalBytesPerDay ?? null;
  const shown = {
    perDevice: perDevice.value ?? typedLimit(budget?.peerBytesPerDay ?? null),
    total: total.value ?? typedLimit(limit),
  };
  const isTyped = perDevice.value !== null || total.value !== null;
  const typed = typedBudget(shown.perDevice, shown.total);
  const use = async (wanted: Budget | null): Promise<void> => {
    if (!(await set(wanted))) return;
    perDevice.value = null;
    total.value = null;
  };
  const words = (['perDevice', 'total'] as const).map((name) => shellWord(shown[name].trim() || 'none'));
  return (
    <>
      <p>
        Today through relays: {bytes(spentTodayBytes)}
        {limit === null ? '; no limit is set for all devices together.' : ` of ${bytes(limit)}.`}
      </p>
      <form
        class="choice"
        aria-label="Limits of a day through relays"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.problem === null) void use(typed.budget);
          else notice.value = typed.problem;
        }}
      >
        <label>
          Each device, a day (UTC)
          <input
            maxLength={32}
            autocomplete="off"
            value={shown.perDevice}
            onInput={(event) => (perDevice.value = event.currentTarget.value)}
          />
        </label>
        <label>
          All devices together, a day (UTC)
          <input
            maxLength={32}
            autocomplete="off"
            value={shown.total}
            onInput={(event) => (total.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={!isTyped}>
          Set the limits
        </button>
        {budget !== null && (
          <button type="button" onClick={() => void use(null)}>
            Lift both
          </button>
        )}
        {isTyped && typed.problem === null && (
          <CopyCommand command={`relay budget --per-device ${words[0]} --total ${words[1]}`} />
        )}
      </form>
      <p class="empty">
        Sizes are 500MB, 2G or 5GiB, or “none”. Beyond a limit a trickle passes, enough for short messages.
      </p>
    </>
  );
};
