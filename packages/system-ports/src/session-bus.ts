/**
 * Address of the message bus of this user's session, by which Linux reaches the keychain; `null` where there is none. What
 * the system says of the session, not an option of anybody's.
 */
export const sessionBusAddress = (): string | null => process.env.DBUS_SESSION_BUS_ADDRESS || null;
