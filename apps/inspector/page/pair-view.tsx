import { namePhrase } from '@bowline/diagnosis/phrases';
import { signal } from '@preact/signals';
import { generate } from 'lean-qr';
import { toSvg } from 'lean-qr/extras/svg';
import { useEffect, useRef } from 'preact/hooks';
import { act, notice } from './act.ts';
import { DeviceName } from './device-name.tsx';
import { useFocusKept } from './focus-kept.ts';
import { JoinForm } from './join-form.tsx';
import { nowMs, type ToldEvent } from './model.ts';
import { duration } from './words.ts';

interface Offer {
  readonly sessionId: string;
  readonly words: string;
  readonly ticket: string;
  readonly expiresAtMs: number;
}

interface Question {
  readonly sessionId: string;
  readonly authenticationString: string;
  readonly name: string;
}

const offer = signal<Offer | null>(null);
const joining = signal<string | null>(null);
const question = signal<Question | null>(null);
const digits = signal<string | null>(null);

/** A session was asked for and has not begun: a second press would begin another one, which nobody sees. */
const isBeginning = signal(false);

/** What is told while a session begins: its events may be here before the answer that names it. */
const early = new Set<ToldEvent[]>();

/** Begins a session, and then notes what was told of it meanwhile. */
const beginSession = async <T extends { readonly sessionId: string }>(
  action: 'pair' | 'join',
  input: unknown,
  take: (begun: T) => void,
): Promise<void> => {
  if (isBeginning.value) return;
  isBeginning.value = true;
  const told: ToldEvent[] = [];
  early.add(told);
  const begun = await act<T>(action, input);
  early.delete(told);
  isBeginning.value = false;
  if (begun === undefined) return;
  take(begun);
  for (const event of told) notePairingEvent(event);
};

/** What the sessions of this page come to; others' events pass by. */
export const notePairingEvent = (event: ToldEvent): void => {
  if (!('sessionId' in event)) return;
  const { sessionId } = event;
  if (sessionId !== offer.value?.sessionId && sessionId !== joining.value) {
    for (const told of early) told.push(event);
    return;
  }
  if (event.event === 'pairing.peerProven') digits.value = event.authenticationString;
  if (event.event === 'pairing.confirmationNeeded') {
    question.value = { sessionId, authenticationString: event.authenticationString, name: event.peer.name };
  }
  if (event.event === 'pairing.completed') end(`Paired with ${namePhrase(event.device.name)}.`);
  if (event.event === 'pairing.failed') end(event.reason);
};

/** The device is heard no more, and a session ends with the stream of its page: its words are of no use then. */
export const endUnheardPairing = (): void => {
  if (offer.value === null && joining.value === null) return;
  end(
    'The device was not heard any more, and the pairing has ended. Whether it was done before is seen under Devices.',
  );
};

const end = (said: string): void => {
  offer.value = null;
  joining.value = null;
  question.value = null;
  digits.value = null;
  notice.value = said;
};

const QrCode = ({ text }: { readonly text: string }) => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const svg = toSvg(generate(text), document, { on: 'black', off: 'white' });
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', 'The ticket as a QR code');
    place.current?.replaceChildren(svg);
  }, [text]);
  return <div class="qr" ref={place} />;
};

/** Ends the session that is under way; the page hears what it came to as it hears of all. */
const Cancel = ({ sessionId }: { readonly sessionId: string }) => (
  <button
    type="button"
    onClick={async () => {
      await act('cancelPairing', { sessionId });
      if (sessionId === (offer.value?.sessionId ?? joining.value)) end('Cancelled.');
    }}
  >
    Cancel
  </button>
);

const join = (code: string): Promise<void> =>
  beginSession('join', { code }, ({ sessionId }) => {
    joining.value = sessionId;
  });

/** How long a code can still be used. */
const validity = (leftMs: number): string => (leftMs > 0 ? `Valid for ${duration(leftMs)}.` : 'Its time is over.');

const Shown = ({ shown }: { readonly shown: Offer }) => (
  <div class="card">
    <h3>Type these words on the other device, or scan the code</h3>
    <ol class="words">
      {shown.words.split(' ').map((word, at) => (
        <li key={`${at} ${word}`}>{word}</li>
      ))}
    </ol>
    <QrCode text={shown.ticket} />
    <p>{validity(shown.expiresAtMs - nowMs.value)} Whoever has these words can pair.</p>
    <Cancel sessionId={shown.sessionId} />
  </div>
);

const Decide = ({ asked }: { readonly asked: Question }) => {
  const decide = (accept: boolean) => {
    const { sessionId, authenticationString } = asked;
    question.value = null;
    void act('decide', { sessionId, accept, authenticationString });
  };
  const place = useRef<HTMLDivElement>(null);
  // It comes by itself, while the person looks at the other device.
  useEffect(() => place.current?.focus(), [asked.sessionId]);
  return (
    <div class="card" role="alertdialog" aria-labelledby="question" tabIndex={-1} ref={place}>
      <h3 id="question">
        Does <DeviceName name={asked.name} /> show <span class="digits">{asked.authenticationString}</span>?
      </h3>
      <button type="button" onClick={() => decide(true)}>
        Yes, pair
      </button>
      <button type="button" class="danger" onClick={() => decide(false)}>
        No
      </button>
    </div>
  );
};

/** What is shown in the place of what. */
const stageOf = (): string => {
  if (question.value !== null) return 'question';
  if (joining.value !== null) return 'joining';
  return offer.value === null ? 'begin' : 'offer';
};

export const PairView = () => {
  const place = useFocusKept<HTMLElement>(stageOf());
  return (
    <section aria-label="Pair" tabIndex={-1} ref={place}>
      {question.value !== null && <Decide asked={question.value} />}
      {digits.value !== null && question.value === null && (
        <p>
          Both devices show <span class="digits">{digits.value}</span>. Waiting for the other one.
        </p>
      )}
      {joining.value !== null && question.value === null && (
        <div class="card" role="status">
          {digits.value === null && <p>Looking for the other device…</p>}
          <Cancel sessionId={joining.value} />
        </div>
      )}
      {offer.value === null && joining.value === null && (
        <>
          <div class="card">
            <h3>Show a code on this device</h3>
            <button
              type="button"
              aria-disabled={isBeginning.value}
              onClick={() =>
                beginSession<Offer>('pair', {}, (begun) => {
                  offer.value = begun;
                })
              }
            >
              Show words and QR code
            </button>
          </div>
          <JoinForm join={join} />
        </>
      )}
      {offer.value !== null && question.value === null && <Shown shown={offer.value} />}
    </section>
  );
};
