/** What a person should know of a ticket that was to share tokens: they outlive the code, and a picture of it is enough. */
export const sharingNote = (urls: readonly string[]): string =>
  urls.length === 0
    ? 'The relays of this device have no token, so the ticket holds none.'
    : `Whoever holds this ticket, or a picture of it, holds your token for ${urls.join(', ')}, also after the code has expired. Give it to your own devices only.`;
