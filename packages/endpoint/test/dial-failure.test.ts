import { expect, test } from 'vitest';
import { cleanNativeText, dialFailureOf } from '../src/dial-failure.ts';

test.each([
  [
    "aborted by peer: the cryptographic handshake failed: error 120: peer doesn't support any known protocol",
    'handshake',
    false,
  ],
  ['aborted by peer: the server refused to accept a new connection', 'handshake', true],
  ['the cryptographic handshake failed: error 48: invalid peer certificate: UnknownIssuer', 'handshake', true],
  ['Connecting to ourself is not supported', 'dial', false],
  ['No addressing information available\nCaused by:\n    No address lookup configured', 'dial', false],
  ['closed by peer: 0', 'handshake', true],
  ['closed', 'dial', true],
  ['something new', 'dial', true],
])('reads %j', (message, stage, retryable) => {
  const failure = dialFailureOf(new Error(message));
  expect(failure).toMatchObject({ stage, retryable });
  expect(failure?.reason).not.toMatch(/Caused|error \d|\n/);
});

test('iroh giving up by itself is a timeout', () => {
  expect(dialFailureOf(new Error('timed out'))).toBeNull();
  expect(dialFailureOf('timed out')).toBeNull();
});

test('a stack trace is reduced to the causes, without build paths', () => {
  const message = [
    'ConnectError::Connecting (/build/registry/src/iroh-1.0.2/src/endpoint.rs:1060:20)',
    'Caused by:',
    '    ConnectingError::ConnectionError (/build/toolchain/core/src/task/poll.rs:258:39)',
    '    timed out',
    '',
    'Stack backtrace:',
    '   0: <anyhow::Error>::msg::<alloc::string::String>',
    '   1: tokio::runtime::task::raw::poll',
  ].join('\n');
  expect(cleanNativeText(message)).toBe('timed out');
  expect(dialFailureOf(new Error(message))).toBeNull();
});

test('several causes become one line', () => {
  const message = 'Failed to bind sockets (/build/src/socket.rs:946:24)\nCaused by:\n    Cannot assign (os error 99)';
  expect(cleanNativeText(message)).toBe('Failed to bind sockets: Cannot assign (os error 99)');
  expect(cleanNativeText('ConnectError::Unknown')).toBe('ConnectError::Unknown');
});
