import { CLOSE_CODES, type CloseName, type ConnectionClose, closeNameOf } from '@bowline/contracts';

/** Longest reason kept and sent, characters. */
export const MAX_REASON_CHARACTERS = 200;

/**
 * Reads why a connection ended from iroh's words: `closed by peer: bye (code 42)`, `closed by peer: 42` without a reason,
 * `timed out`, `closed` for an end made here. The other side chooses the reason, so only the last code counts.
 */
export const parseCloseReason = (text: string): ConnectionClose => {
  if (text === 'timed out') return { by: 'timeout', code: null, name: null, reason: 'timed out' };
  if (text === 'closed') return { by: 'here', code: null, name: null, reason: '' };
  const byPeer = /^closed by peer: (?:([0-9]+)|([\s\S]*) \(code ([0-9]+)\))$/.exec(text);
  if (byPeer === null) return { by: 'lost', code: null, name: null, reason: cleanReason(text) };
  const code = Number(byPeer[1] ?? byPeer[3]);
  return { by: 'peer', code, name: closeNameOf(code) ?? null, reason: cleanReason(byPeer[2] ?? '') };
};

/** An end made here. */
export const closeHere = (name: CloseName, reason: string): ConnectionClose => ({
  by: 'here',
  code: CLOSE_CODES[name],
  name,
  reason: cleanReason(reason),
});

/** Fit for display: control, format and direction-changing characters removed, cut to 200 characters. */
export const cleanReason = (text: string): string =>
  [...text.slice(0, 2_000).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')]
    .slice(0, MAX_REASON_CHARACTERS)
    .join('')
    .trim();
