import type { OfferedMessage } from '@bowline/contracts';

/** Most characters of JSON in one answer: half of the longest line a client reads. */
const MAX_PAGE_CHARACTERS = 4_194_304;

/** As many messages as one answer may hold, and always one. */
export const messagePage = <Message>(
  messages: readonly OfferedMessage[],
  shape: (message: OfferedMessage) => Message,
): readonly Message[] => {
  const page: Message[] = [];
  let characters = 0;
  for (const message of messages) {
    const { body } = message;
    characters += typeof body === 'string' ? JSON.stringify(body).length : Math.ceil((body.byteLength * 4) / 3);
    if (page.length > 0 && characters > MAX_PAGE_CHARACTERS) break;
    page.push(shape(message));
  }
  return page;
};
