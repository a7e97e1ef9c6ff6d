import { signal, useSignal } from '@preact/signals';
import { generate } from 'lean-qr';
import { toSvg } from 'lean-qr/extras/svg';
import { useEffect, useRef } from 'preact/hooks';
import { act, notice } from './act.ts';
import { CodeCamera, canReadCodes } from './code-camera.tsx';
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

/** What is told while a session begins: its events may be here before the answer that names it. */
const early = new Set<ToldEvent[]>();

/** Begins a session, and then notes what was told of it meanwhile. */
const beginSession = async <T extends { readonly sessionId: string }>(
  action: 'pair' | 'join',
  input: unknown,
  take: (begun: T) => void,
): Promise<void> => {
  const told: ToldEvent[] = [];
  early.add(told);
  const begun = await act<T>(action, input);
  early.delete(told);
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
  if (event.event === 'pairing.completed') end(`Paired with ${event.device.name}.`);
  if (event.event === 'pairing.failed') end(event.reason);
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

const Shown = ({ shown }: { readonly shown: Offer }) => (
  <div class="card">
    <h3>Type these words on the other device, or scan the code</h3>
    <ol class="words">
      {shown.words.split(' ').map((word) => (
        <li key={word}>{word}</li>
      ))}
    </ol>
    <QrCode text={shown.ticket} />
    <p>Valid for {duration(Math.max(0, shown.expiresAtMs - nowMs.value))}. Whoever has these words can pair.</p>
    <button
      type="button"
      onClick={async () => {
        await act('cancelPairing', { sessionId: shown.sessionId });
        offer.value = null;
      }}
    >
      Cancel
    </button>
  </div>
);

const Decide = ({ asked }: { readonly asked: Question }) => {
  const decide = (accept: boolean) => {
    const { sessionId, authenticationString } = asked;
    question.value = null;
    void act('decide', { sessionId, accept, authenticationString });
  };
  return (
    <div class="card" role="alertdialog" aria-labelledby="question">
      <h3 id="question">
        Does {asked.name} show <span class="digits">{asked.authenticationString}</span>?
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

const Join = () => {
  const code = useSignal('');
  const isLooking = useSignal(false);
  const join = (text: string): Promise<void> =>
    beginSession('join', { code: text }, ({ sessionId }) => {
      joining.value = sessionId;
      code.value = '';
    });
  return (
    <form
      class="card"
      onSubmit={async (event) => {
        event.preventDefault();
        await join(code.value);
      }}
    >
      <h3>Join another device</h3>
      <label>
        Its twelve words, or its ticket
        <textarea
          rows={3}
          autocomplete="off"
          spellcheck={false}
          value={code.value}
          onInput={(event) => (code.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit">Join</button>
      {canReadCodes() && !isLooking.value && (
        <button type="button" onClick={() => (isLooking.value = true)}>
          Scan its QR code
        </button>
      )}
      {isLooking.value && (
        <CodeCamera
          onCode={(text) => {
            isLooking.value = false;
            void join(text);
          }}
          onClose={() => (isLooking.value = false)}
        />
      )}
    </form>
  );
};

export const PairView = () => (
  <section aria-label="Pair">
    {question.value !== null && <Decide asked={question.value} />}
    {digits.value !== null && question.value === null && (
      <p>
        Both devices show <span class="digits">{digits.value}</span>. Waiting for the other one.
      </p>
    )}
    {offer.value === null && joining.value === null && (
      <>
        <div class="card">
          <h3>Show a code on this device</h3>
          <button
            type="button"
            onClick={() =>
              beginSession<Offer>('pair', {}, (begun) => {
                offer.value = begun;
              })
            }
          >
            Show words and QR code
          </button>
        </div>
        <Join />
      </>
    )}
    {offer.value !== null && question.value === null && <Shown shown={offer.value} />}
    {joining.value !== null && digits.value === null && <p>Looking for the other device…</p>}
  </section>
);
