import type { HostEvent } from '@bowline/contracts';

/** Of a message a page is sent so many characters: it shows that one came, and apps take it. */
const MAX_TEXT_CHARACTERS = 2_000;

/** An event as pages are sent it: a message with the beginning of its text and its size, without bytes that are no text. */
export const toldJson = (event: HostEvent, atMs: number): string => {
  if (event.event !== 'message.received') return JSON.stringify({ atMs, ...event });
  const { text, bytes, ...others } = event;
  const sizeBytes = bytes?.length ?? Buffer.byteLength(text ?? '');
  return JSON.stringify({ atMs, ...others, text: text?.slice(0, MAX_TEXT_CHARACTERS) ?? null, sizeBytes });
};
