import type { Cancel } from '@bowline/contracts';
import type { Host, MessageHandler } from '@bowline/host';

/** Who of several apps takes the messages: the first that asked, and when it is gone the next. */
export interface MessageTurns {
  /** @throws MESSAGE_HANDLER_PRESENT where the device itself takes them */
  take(handler: MessageHandler): { readonly isOurTurn: boolean; readonly cancel: Cancel };
}

export const messageTurns = (host: Pick<Host, 'onMessage'>): MessageTurns => {
  const line: { readonly handler: MessageHandler }[] = [];
  let cancelCurrent: Cancel | null = null;

  const begin = (): void => {
    const [first] = line;
    if (first !== undefined && cancelCurrent === null) cancelCurrent = host.onMessage(first.handler);
  };

  return {
    take: (handler) => {
      const turn = { handler };
      line.push(turn);
      try {
        begin();
      } catch (error) {
        line.splice(line.indexOf(turn), 1);
        throw error;
      }
      const cancel = (): void => {
        const at = line.indexOf(turn);
        if (at < 0) return;
        line.splice(at, 1);
        if (at > 0) return;
        cancelCurrent?.();
        cancelCurrent = null;
        begin();
      };
      return { isOurTurn: line[0] === turn, cancel };
    },
  };
};
