import type { ConnectionId } from '@bowline/contracts';
import type { Conversation } from './conversation.ts';

/** The connections of one session that have proven its code. Which of them counts is the machine's to say, by its id. */
export interface Conversations {
  /** The one on this connection; `null` for one that was never opened or has been replaced. */
  on(connectionId: ConnectionId | null): Conversation | null;
  /** The newest, also before the machine has heard of it. */
  latest(): Conversation | null;
  /** Leaves the one before: a peer that comes back is believed before its old connection is known to be dead. */
  replaceBy(conversation: Conversation): void;
}

export const conversations = (): Conversations => {
  let latest: Conversation | null = null;
  return {
    on: (connectionId) => (latest?.connection.info.connectionId === connectionId ? latest : null),
    latest: () => latest,
    replaceBy: (conversation) => {
      latest?.leave();
      void latest?.connection.close('superseded', '');
      latest = conversation;
    },
  };
};
