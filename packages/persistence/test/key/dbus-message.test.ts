import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dbusSocketPath } from '../../src/key/dbus-connection.ts';
import {
  booleanVariantIn,
  dbusCallBytes,
  dbusMessageSize,
  dbusReplyIn,
  pathArraySizesIn,
} from '../../src/key/dbus-message.ts';

/** An answer `true` to call 2, as gnome-keyring sends it through dbus-daemon. */
const ANSWER = Buffer.from(
  [
    '6c020101080000000e0000003d000000', // little-endian, an answer, body of 8 bytes, header fields of 61
    '0601730005000000', // destination
    '3a312e3132000000', // ':1.12'
    '0501750002000000', // to call 2
    '0801670001760000', // signature 'v'
    '0701730014000000', // sender
    '6f72672e667265656465736b746f702e53656372', // 20 characters
    '00000000',
    '0162000001000000', // variant: boolean, true
  ].join(''),
  'hex',
);

const call = {
  serial: 1,
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

describe('a message of D-Bus', () => {
  it('says how long it is as soon as that can be known', () => {
    const bytes = Buffer.from(dbusCallBytes(call));
    expect(dbusMessageSize(bytes.subarray(0, 15))).toBeUndefined();
    expect(dbusMessageSize(bytes.subarray(0, 16))).toBe(bytes.length);
    expect(dbusMessageSize(Buffer.concat([bytes, bytes]))).toBe(bytes.length);
  });

  it('is refused when it is too long or of another byte order', () => {
    const bytes = Buffer.from(dbusCallBytes(call));
    bytes.writeUInt32LE(1 << 20, 4);
    expect(() => dbusMessageSize(bytes)).toThrow(RangeError);
    bytes[0] = 'B'.charCodeAt(0);
    expect(() => dbusMessageSize(bytes)).toThrow(RangeError);
  });

  it('is an answer with its call, or nothing', () => {
    const reply = dbusReplyIn(ANSWER);
    expect(reply).toMatchObject({ replySerial: 2, error: null });
    expect(booleanVariantIn(reply?.body ?? new Uint8Array())).toBe(true);
    expect(dbusReplyIn(Buffer.from(dbusCallBytes(call)))).toBeUndefined();
  });

  it('that is broken never does more than throw a RangeError', () => {
    fc.assert(
      fc.property(fc.nat(ANSWER.length - 1), fc.nat(255), fc.nat(ANSWER.length), (at, value, size) => {
        const broken = Buffer.from(ANSWER);
        broken[at] = value;
        for (const bytes of [broken, broken.subarray(0, Math.max(16, size))]) {
          try {
            const reply = dbusReplyIn(bytes);
            if (reply !== undefined) booleanVariantIn(reply.body);
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds arrays whose sizes can be told, if they are whole', () => {
    const path = Buffer.from('030000002f612000', 'hex');
    const one = Buffer.concat([Buffer.from('08000000', 'hex'), path]);
    const none = Buffer.alloc(4);
    expect(pathArraySizesIn(Buffer.concat([one, none]), 2)).toEqual([8, 0]);
    expect(pathArraySizesIn(Buffer.concat([none, one]), 2)).toEqual([0, 8]);
    expect(() => pathArraySizesIn(one.subarray(0, 8), 1)).toThrow(RangeError);
    expect(() => pathArraySizesIn(one, 2)).toThrow(RangeError);
  });
});

describe('the address of a bus', () => {
  it.each([
    ['unix:path=/run/user/1000/bus', '/run/user/1000/bus'],
    ['unix:path=/tmp/dbus-x%20y,guid=58774583', '/tmp/dbus-x y'],
    ['unix:abstract=/tmp/dbus-z,guid=1', '\0/tmp/dbus-z'],
    ['tcp:host=127.0.0.1,port=1;unix:path=/a', '/a'],
    ['tcp:host=127.0.0.1,port=1', undefined],
    ['autolaunch:', undefined],
    ['', undefined],
    ['unix:path=/a%zz', '/a%zz'],
  ])('%s', (address, path) => expect(dbusSocketPath(address)).toBe(path));
});
