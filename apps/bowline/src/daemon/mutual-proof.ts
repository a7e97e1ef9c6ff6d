import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Clock, Random } from '@bowline/contracts';
import * as z from 'zod';
import { firstLine } from './first-line.ts';

/** What a proof needs. */
export interface ProofComponents {
  readonly clock: Clock;
  readonly random: Random;
}

/** The other side does not know the secret of the daemon's address. */
export class ProofFailedError extends Error {
  override readonly name = 'ProofFailedError';
}

/** On one machine an answer takes milliseconds; a stopped process takes for ever. */
const PROOF_DEADLINE_MS = 5_000;

const NONCE_BYTES = 16;

const hello = z.object({ nonce: z.string().regex(/^[0-9a-f]{32}$/) });
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const answer = z.object({ ...hello.shape, proof: digest });
const reply = z.object({ proof: digest });

/**
 * The command's side of a conversation's beginning: both sides show that they know the secret, the daemon first, and
 * neither shows the secret itself. So nobody who took the daemon's socket or pipe hears a word of what is said on it.
 *
 * @throws ProofFailedError when the other side is not the daemon; Error when it does not answer
 */
export const proveToDaemon = async (socket: Duplex, secret: string, components: ProofComponents): Promise<void> => {
  const ours = nonceOf(components);
  write(socket, { nonce: ours });
  const { nonce: theirs, proof } = await read(socket, answer, components);
  if (!isSame(proof, proofOf(secret, 'daemon', ours, theirs))) throw new ProofFailedError('it does not prove itself');
  write(socket, { proof: proofOf(secret, 'command', ours, theirs) });
};

/** The daemon's side of {@link proveToDaemon}; the same errors. */
export const proveToCommand = async (socket: Duplex, secret: string, components: ProofComponents): Promise<void> => {
  const { nonce: theirs } = await read(socket, hello, components);
  const ours = nonceOf(components);
  write(socket, { nonce: ours, proof: proofOf(secret, 'daemon', theirs, ours) });
  const { proof } = await read(socket, reply, components);
  if (!isSame(proof, proofOf(secret, 'command', theirs, ours))) throw new ProofFailedError('it does not prove itself');
};

const proofOf = (secret: string, role: 'daemon' | 'command', command: string, daemon: string): string =>
  createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(`bowline daemon 1 ${role} ${command} ${daemon}`)
    .digest('hex');

const isSame = (given: string, wanted: string): boolean => timingSafeEqual(Buffer.from(given), Buffer.from(wanted));

const nonceOf = ({ random }: ProofComponents): string => Buffer.from(random.bytes(NONCE_BYTES)).toString('hex');

const write = (socket: Duplex, line: object): void => {
  socket.write(`${JSON.stringify(line)}\n`);
};

const read = async <S extends z.ZodType>(
  socket: Duplex,
  schema: S,
  { clock }: ProofComponents,
): Promise<z.infer<S>> => {
  const line = await firstLine(socket, clock, PROOF_DEADLINE_MS);
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw new ProofFailedError('it does not speak as a daemon and its commands do');
  }
};
