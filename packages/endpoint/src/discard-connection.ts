import { CLOSE_CODES, type CloseName } from '@bowline/contracts';
import type { Connection as NativeConnection } from '@number0/iroh/index.js';
import { textToNativeBytes } from './native-bytes.ts';

/** Closes a connection that nobody is told of, and holds it until it is gone. */
export const discardConnection = (native: NativeConnection, name: CloseName, reason = ''): void => {
  native.close(BigInt(CLOSE_CODES[name]), textToNativeBytes(reason));
  // Whatever it ended with is of no interest; the pending promise pins the handle meanwhile.
  native.closed().catch(() => undefined);
};

/** The same for a connection that may yet come of an attempt given up. */
export const discardLate = (attempt: Promise<NativeConnection>, name: CloseName): void => {
  attempt.then(
    (native) => discardConnection(native, name),
    // An attempt given up that fails is as it should be.
    () => undefined,
  );
};
