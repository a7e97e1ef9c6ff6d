import { signal } from '@preact/signals';
import { render } from 'preact';
import { type MachineHistory, withTransition } from './machine-history.ts';
import { MachinesBoard } from './machines-board.tsx';
import { type PlayedMachine, type TwoPairingMachines, twoPairingMachines } from './two-pairing-machines.ts';

const history = signal<MachineHistory>({ before: [], transitions: [] });
const played = signal<TwoPairingMachines | null>(null);

const begin = (): void => {
  played.value?.stop();
  history.value = { before: [], transitions: [] };
  played.value = twoPairingMachines((transition) => {
    history.value = withTransition(history.value, transition);
  });
};

/** What the machine understands where it stands, the states around it included. */
const eventsAt = ({ chart }: PlayedMachine, state: string): readonly string[] => [
  ...new Set(
    chart.transitions
      .filter(({ from, by }) => by.includes('.') && (from === '*' || state === from || state.startsWith(`${from}.`)))
      .map(({ by }) => by),
  ),
];

const Tell = ({ name, machine }: { readonly name: string; readonly machine: PlayedMachine }) => {
  const state = machine.state();
  return (
    <fieldset>
      <legend>
        The {name}: {state}
      </legend>
      {eventsAt(machine, state).map((type) => (
        <button type="button" key={type} onClick={() => machine.send(type)}>
          {type}
        </button>
      ))}
    </fieldset>
  );
};

const Page = () => {
  const machines = played.value;
  // Read here, so that a transition draws the buttons anew.
  const live = history.value;
  if (machines === null) return null;
  return (
    <main>
      <h1>Two pairing machines</h1>
      <p>
        Both machines run here against each other, with effects that are played; what one sends, the other hears. Say
        yes with <code>decision.made</code> on both sides, or send whatever else they understand.
      </p>
      <Tell name="initiator" machine={machines.initiator} />
      <Tell name="joiner" machine={machines.joiner} />
      <p>
        <button type="button" onClick={begin}>
          Begin anew
        </button>
      </p>
      <h2>Charts and transitions</h2>
      <MachinesBoard charts={[machines.initiator.chart, machines.joiner.chart]} live={live} />
    </main>
  );
};

const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
begin();
