import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { act } from './act.ts';
import { CodeCamera, canReadCodes } from './code-camera.tsx';
import { withWord, wordUnderWay } from './word-under-way.ts';

/** Asks for the code of the other device: words, of which the one under way is completed, a ticket, or a picture of it. */
export const JoinForm = ({ join }: { readonly join: (code: string) => Promise<void> }) => {
  const code = useSignal('');
  const words = useSignal<readonly string[]>([]);
  const isLooking = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);

  const type = async (text: string): Promise<void> => {
    code.value = text;
    words.value = [];
    const typed = wordUnderWay(text);
    if (typed === null) return;
    const found = await act<{ words: readonly string[] }>('completeWord', { typed });
    // What was typed on meanwhile is asked for by itself.
    if (code.value === text) words.value = (found?.words ?? []).filter((word) => word !== typed);
  };

  const take = (word: string): void => {
    void type(withWord(code.value, word));
    field.current?.focus();
  };

  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void join(code.value);
      }}
    >
      <h3>Join another device</h3>
      <label>
        Its twelve words, or its ticket
        <textarea
          ref={field}
          rows={3}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={code.value}
          onInput={(event) => void type(event.currentTarget.value)}
        />
      </label>
      <section class="offered" aria-label="Words that begin so" aria-live="polite">
        {words.value.map((word) => (
          <button type="button" key={word} onClick={() => take(word)}>
            {word}
          </button>
        ))}
      </section>
      <button type="submit" disabled={code.value.trim() === ''}>
        Join
      </button>
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
