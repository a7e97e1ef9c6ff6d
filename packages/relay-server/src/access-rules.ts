import { type EndpointId, InvalidOptionError, parseEndpointId } from '@bowline/contracts';
import { checkWholeNumber } from './check-whole-number.ts';

/**
 * Who may use the relay. All given rules must agree, and are asked in this order; the decision of the ones before
 * `callOut` costs no request.
 */
export interface AccessRules {
  /** These endpoints are refused, whatever else holds. */
  readonly deny?: readonly EndpointId[];
  /** Only these endpoints are admitted. Empty: nobody. */
  readonly allow?: readonly EndpointId[];
  /** Only clients that present one of these are admitted, as `Authorization: Bearer` or `?token=`. 1 to 1,024; secrets. */
  readonly tokens?: readonly string[];
  /** Another service decides about each login. */
  readonly callOut?: AccessCallOut;
}

/**
 * A service that is sent `POST` with the endpoint id in `X-Iroh-NodeId` and `X-Iroh-Endpoint-Id`, and admits by
 * answering 200 with the body `true`, as iroh-relay 1.x does it. Anything else, a failure included, refuses.
 */
export interface AccessCallOut {
  readonly url: string;
  /** Sent as `Authorization: Bearer`. A secret. */
  readonly bearerToken?: string;
  /** Milliseconds until no answer is a refusal, 100 to 30,000. @defaultValue 5000 */
  readonly timeoutMs?: number;
}

/** `everyone`, or rules. */
export type Access = 'everyone' | AccessRules;

/** @throws {@link InvalidOptionError} unless the rules can be followed */
export const checkAccess = (access: Access): void => {
  if (access === 'everyone') return;
  if (!isObject(access)) {
    throw new InvalidOptionError('access', 'must be "everyone" or rules', typeof access);
  }
  checkEndpointIds('access.allow', access.allow);
  checkEndpointIds('access.deny', access.deny);
  checkTokens(access.tokens);
  if (access.callOut !== undefined) checkCallOut(access.callOut);
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** A header value a client can send as it stands (RFC 6750 section 2.1, widened to visible ASCII). */
const TOKEN = /^[\x21-\x7e]{1,1024}$/;

const checkTokens = (tokens: readonly string[] | undefined): void => {
  if (tokens === undefined) return;
  if (!Array.isArray(tokens) || tokens.length < 1 || tokens.length > 1_024) {
    throw new InvalidOptionError('access.tokens', 'must hold 1 to 1,024 tokens', `${tokens?.length} tokens`);
  }
  for (const [index, token] of tokens.entries()) {
    if (typeof token !== 'string' || !TOKEN.test(token)) {
      const rule = 'must be 1 to 1,024 visible ASCII characters without spaces';
      throw new InvalidOptionError(`access.tokens[${index}]`, rule, 'a secret that is not shown');
    }
  }
};

const checkEndpointIds = (field: string, endpointIds: readonly EndpointId[] | undefined): void => {
  for (const [index, endpointId] of (endpointIds ?? []).entries()) {
    if (typeof endpointId !== 'string' || parseEndpointId(endpointId) === undefined) {
      throw new InvalidOptionError(`${field}[${index}]`, 'must be an endpoint id (64 hexadecimal digits)', endpointId);
    }
  }
};

const checkCallOut = ({ bearerToken, timeoutMs, url }: AccessCallOut): void => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new InvalidOptionError('access.callOut.url', 'must be an http or https URL', 'something else');
  }
  if (bearerToken !== undefined && !TOKEN.test(bearerToken)) {
    const rule = 'must be 1 to 1,024 visible ASCII characters without spaces';
    throw new InvalidOptionError('access.callOut.bearerToken', rule, 'a secret that is not shown');
  }
  if (timeoutMs !== undefined) checkWholeNumber('access.callOut.timeoutMs', timeoutMs, 100, 30_000);
};
