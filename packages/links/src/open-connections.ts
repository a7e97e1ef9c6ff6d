import type { PeerConnection } from '@bowline/endpoint-connections';

/** Every connection to one device that is not closed yet. */
export interface OpenConnections {
  add(connection: PeerConnection): void;
  /** Closes all but those that `keep` names, and resolves when they are closed. */
  closeAllBut(keep: (connection: PeerConnection) => boolean): Promise<void>;
}

export const openConnections = (): OpenConnections => {
  const open = new Set<PeerConnection>();

  return {
    add: (connection) => {
      open.add(connection);
      // `closed` never rejects.
      void connection.closed.then(() => open.delete(connection));
    },
    closeAllBut: async (keep) => {
      const closing = [...open].filter((connection) => !keep(connection));
      await Promise.all(closing.map((connection) => connection.close('superseded', '')));
    },
  };
};
