import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type EndpointId, errorMessage, type Logger } from '@bowline/contracts';
import {
  CLIENT_AUTH_HEADER,
  type ClientAuth,
  decodeClientAuth,
  decodeKeyMaterialAuth,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  encodeServerDeniesAuth,
  endpointIdOfKey,
  KEY_MATERIAL_BYTES,
  KEY_MATERIAL_LABEL,
  RELAY_HOST_HEADER,
  RelayProtocolError,
  TOKEN_QUERY_PARAMETER,
  verifyClientAuth,
  verifyKeyMaterialAuth,
  verifyNamedClientAuth,
} from '@bowline/relay-protocol';
import type { RawData, WebSocket } from 'ws';

const SIGNATURE_INVALID = 'signature invalid';

/** WebSocket close codes: policy violation and protocol error (RFC 6455 section 7.4.1). */
const POLICY_VIOLATION = 1008;
const PROTOCOL_ERROR = 1002;

/** One client that wants in. */
export interface LoginInput {
  readonly socket: WebSocket;
  readonly connection: Duplex;
  /** Draws a challenge where one is needed. */
  readonly newChallenge: () => Uint8Array;
  /** The relay the client says it has dialled, if it says so: then its proof names it. */
  readonly relayHost: string | undefined;
  /** Header of the key material proof, if sent. */
  readonly proof: string | undefined;
  readonly token: string | undefined;
}

/** What is known of a client when it is decided whether it may use the relay: its key is proven. */
export interface AccessRequest {
  readonly endpointId: EndpointId;
  readonly token: string | undefined;
}

/** What a login needs of the relay. `Denial` names the rules of its access. */
export interface LoginComponents<Denial extends string> {
  readonly logger: Logger;
  /** Why not; `undefined` admits. Never throws or rejects. */
  /** Whether this relay goes by a host that a proof names. */
  readonly isOwnHost: (host: string) => boolean;
  readonly access: (request: AccessRequest) => Denial | undefined | Promise<Denial | undefined>;
  /** What a client is told when it may not use the relay; which rule said so is none of its business. */
  readonly deniedText: string;
}

/** How a login ended. */
export type LoginOutcome<Denial extends string> =
  | { readonly isAdmitted: true; readonly endpointKey: Uint8Array }
  /** The socket has been told and is closing; the id is given where it was proven. `left`: it closed by itself, or was cut at the deadline. */
  | {
      readonly isAdmitted: false;
      readonly reason: Denial | 'signature' | 'bad-login' | 'left';
      readonly endpointId?: EndpointId;
    };

/** What a login needs of the upgrade request; the request itself is let go. @param tokenInUrl whether a token may stand in the query */
export const loginFieldsOf = (
  request: IncomingMessage,
  tokenInUrl: boolean,
): Pick<LoginInput, 'proof' | 'relayHost' | 'token'> => {
  const relayHost = request.headers[RELAY_HOST_HEADER];
  const proof = request.headers[CLIENT_AUTH_HEADER];
  const bearer = /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  const query = tokenInUrl ? (request.url ?? '').split('?', 2)[1] : undefined;
  return {
    relayHost: typeof relayHost === 'string' ? relayHost : undefined,
    proof: typeof proof === 'string' ? proof : undefined,
    token: bearer ?? new URLSearchParams(query).get(TOKEN_QUERY_PARAMETER) ?? undefined,
  };
};

/**
 * Runs the server's side of a login: proof of the key, then access, then the confirmation. The caller owns the
 * deadline: it cuts the connection, upon which this resolves with `left`. Never rejects.
 */
export const login = async <Denial extends string>(
  input: LoginInput,
  components: LoginComponents<Denial>,
): Promise<LoginOutcome<Denial>> => {
  const { connection, proof, socket, token } = input;
  try {
    const endpointKey =
      (await provenByKeyMaterial(connection, proof)) ?? (await provenByChallenge(input, components.isOwnHost));
    if (endpointKey === 'left') return { isAdmitted: false, reason: 'left' };
    if (endpointKey === undefined) return refuse(socket, 'signature', SIGNATURE_INVALID);
    const endpointId = endpointIdOfKey(endpointKey);
    const denial = await components.access({ endpointId, token });
    if (denial !== undefined) return { ...refuse(socket, denial, components.deniedText), endpointId };
    if (socket.readyState !== socket.OPEN) return { isAdmitted: false, reason: 'left' };
    socket.send(encodeServerConfirmsAuth());
    return { isAdmitted: true, endpointKey };
  } catch (error) {
    const isProtocol = error instanceof RelayProtocolError;
    if (!isProtocol) components.logger.error({ error: errorMessage(error) }, 'a login failed');
    socket.close(PROTOCOL_ERROR);
    return { isAdmitted: false, reason: 'bad-login' };
  }
};

const refuse = <Reason extends string>(
  socket: WebSocket,
  reason: Reason,
  told: string,
): { readonly isAdmitted: false; readonly reason: Reason } => {
  socket.send(encodeServerDeniesAuth(told));
  socket.close(POLICY_VIOLATION, told);
  return { isAdmitted: false, reason };
};

/** Over TLS the client can prove its key in the upgrade request. Where that does not work out, the challenge does. */
const provenByKeyMaterial = async (connection: Duplex, proof: string | undefined): Promise<Uint8Array | undefined> => {
  if (proof === undefined || !(connection instanceof TLSSocket)) return undefined;
  const auth = decodeKeyMaterialAuth(proof);
  if (auth === undefined) return undefined;
  const keyMaterial = keyMaterialOf(connection, auth.endpointKey);
  return keyMaterial !== undefined && (await verifyKeyMaterialAuth(auth, keyMaterial)) ? auth.endpointKey : undefined;
};

const keyMaterialOf = (connection: TLSSocket, endpointKey: Uint8Array): Uint8Array | undefined => {
  try {
    return connection.exportKeyingMaterial(KEY_MATERIAL_BYTES, KEY_MATERIAL_LABEL, Buffer.from(endpointKey));
  } catch {
    // Sessions exist that have none to export; the challenge serves them.
    return undefined;
  }
};

/** A proof that names a relay is good at that one alone, and one that should name it is not taken bare. */
const provenByChallenge = async (
  { newChallenge, relayHost, socket }: LoginInput,
  isOwnHost: (host: string) => boolean,
): Promise<Uint8Array | 'left' | undefined> => {
  const challenge = newChallenge();
  const answered = answerOf(socket);
  socket.send(encodeServerChallenge(challenge));
  const auth = await answered;
  if (auth === 'left') return auth;
  const isProven =
    relayHost === undefined
      ? await verifyClientAuth(auth, challenge)
      : isOwnHost(relayHost) && (await verifyNamedClientAuth(auth, challenge, relayHost));
  return isProven ? auth.endpointKey : undefined;
};

/** The one frame a client sends during login. */
const answerOf = (socket: WebSocket): Promise<ClientAuth | 'left'> =>
  new Promise((resolve, reject) => {
    const onMessage = (data: RawData, isBinary: boolean): void => {
      socket.off('close', onClose);
      if (!isBinary || !Buffer.isBuffer(data)) {
        reject(new RelayProtocolError('unexpected-frame', 'A client sent text where frames are binary.'));
        return;
      }
      try {
        resolve(decodeClientAuth(data));
      } catch (error) {
        reject(error);
      }
    };
    const onClose = (): void => {
      socket.off('message', onMessage);
      resolve('left');
    };
    socket.once('message', onMessage);
    socket.once('close', onClose);
  });
