import type { ConnectionId } from '@bowline/contracts';
import type { Conversation } from './conversation.ts';

/** The connections of one session that have proven its code. Which of them counts is the machine's to say, by its id. */
export interface Conversations {
  /** The one on the connection that a machine names; `null` for one that was never opened or has been replaced. */
  of(now: NamesConnection): Conversation | null;
  /** Closes that one: the other side has gone silent. */
  drop(now: NamesConnection): void;
  /** The newest, also before the machine has heard of it. */
  latest(): Conversation | null;
  /** Leaves the one before: a peer that comes back is believed before its old connection is known to be dead. */
  replaceBy(conversation: Conversation): void;
}

/** What an action of a machine is given: its newest context. */
interface NamesConnection {
  readonly context: { readonly connectionId: ConnectionId | null };
}

export const conversations = (): Conversations => {
  let latest: Conversation | null = null;
  const of: Conversations['of'] = ({ context: { connectionId } }) =>
    latest?.connection.info.connectionId === connectionId ? latest : null;

  return {
    of,
    drop: (now) => {
      const silent = of(now);
      silent?.leave();
      void silent?.connection.close('not-responding', '');
    },
    latest: () => latest,
    replaceBy: (conversation) => {
      latest?.leave();
      void latest?.connection.close('superseded', '');
      latest = conversation;
    },
  };
};
