import { type Clock, errorMessage } from '@bowline/contracts';
import { connectDbus, type DbusConnection, dbusSocketPath } from './dbus-connection.ts';
import { booleanVariantIn, pathArraySizesIn } from './dbus-message.ts';
import { KeychainUnavailableError } from './key-errors.ts';

/** Whether something in the keychain can be used without anybody being asked. */
export type KeychainState = 'unlocked' | 'locked' | 'absent';

/**
 * What can be known of the Secret Service of this user's session without being asked for a password. The library that
 * reads and writes there unlocks by itself what is locked, which shows a prompt to whoever sits there, or fails where nobody
 * does; so it is only called for what is open.
 */
export interface SecretServiceStates {
  /** Of where new entries go. @throws {@link KeychainUnavailableError} */
  collection(): Promise<KeychainState>;
  /** Of one entry. @throws {@link KeychainUnavailableError} */
  entry(attributes: Readonly<Record<string, string>>): Promise<KeychainState>;
}

const SERVICE = 'org.freedesktop.secrets';

/** @param bus address of the session's message bus, `null` where there is none */
export const secretServiceStates = (bus: string | null, clock: Clock): SecretServiceStates => ({
  collection: () =>
    asking(bus, clock, async (connection) => {
      const { error, body } = await connection.call({
        destination: SERVICE,
        path: '/org/freedesktop/secrets/aliases/default',
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        arguments: ['org.freedesktop.Secret.Collection', 'Locked'],
      });
      // There is a service then, and no collection in it.
      if (error !== null) return 'absent';
      return booleanVariantIn(body) ? 'locked' : 'unlocked';
    }),
  entry: (attributes) =>
    asking(bus, clock, async (connection) => {
      const { error, body } = await connection.call({
        destination: SERVICE,
        path: '/org/freedesktop/secrets',
        interface: 'org.freedesktop.Secret.Service',
        member: 'SearchItems',
        arguments: [attributes],
      });
      if (error !== null) throw new KeychainUnavailableError(`no Secret Service answers (${error})`);
      const [unlocked = 0, locked = 0] = pathArraySizesIn(body, 2);
      if (unlocked > 0) return 'unlocked';
      return locked > 0 ? 'locked' : 'absent';
    }),
});

const asking = async <T>(
  bus: string | null,
  clock: Clock,
  ask: (connection: DbusConnection) => Promise<T>,
): Promise<T> => {
  const socketPath = bus === null ? undefined : dbusSocketPath(bus);
  const userId = process.getuid?.();
  if (socketPath === undefined || userId === undefined) {
    throw new KeychainUnavailableError('this session has no message bus');
  }
  try {
    using connection = await connectDbus(socketPath, userId, clock);
    return await ask(connection);
  } catch (error) {
    if (error instanceof KeychainUnavailableError) throw error;
    throw new KeychainUnavailableError(`the message bus of this session: ${errorMessage(error)}`, error);
  }
};
