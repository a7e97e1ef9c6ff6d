import { errorMessage } from '@bowline/contracts';
import { findRouters } from './find-routers.ts';
import { type PortControl, portControlsOf, textOf } from './port-control.ts';
import { askRouter, type RouterResponse } from './router-request.ts';

export interface ClosePortInput {
  /** UDP port at the router. */
  readonly externalPort: number;
  /** UDP port of this machine that it leads to: what leads elsewhere is left alone. */
  readonly internalPort: number;
  /** This machine's addresses. */
  readonly localIps: readonly string[];
  /** Where a call before found it; then nobody is searched. */
  readonly control?: PortControl | null;
  /** How long all of it may take, milliseconds. @defaultValue 3_000, which lets slow routers answer a search (MX is 1 s) */
  readonly timeoutMs?: number;
}

/**
 * What became of the port. `closed`: it was open and is not any more. `absent`: it is not open, or leads to another machine.
 * `refused`: a router has it open and does not close it. `noRouter`: nobody answers who could.
 */
export interface ClosePortResult {
  readonly outcome: 'closed' | 'absent' | 'refused' | 'noRouter';
  readonly control: PortControl | null;
  /** What the router said where it refused; empty otherwise. */
  readonly detail: string;
}

const DEFAULT_TIMEOUT_MS = 3_000;

/** The router's word for "there is no such entry" (UPnP WANIPConnection, section 2.4). */
const NO_SUCH_ENTRY = '714';

/**
 * Has the router close a port that leads to this machine. A router that cannot say where a port leads is asked to close it
 * all the same, the first time.
 */
export const closePort = async (
  input: ClosePortInput,
  { signal }: { readonly signal: AbortSignal },
): Promise<ClosePortResult> => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(input.timeoutMs ?? DEFAULT_TIMEOUT_MS)]);
  return input.control == null ? closeAnywhere(input, limit) : closeAt(input.control, input, limit);
};

const NO_ROUTER: ClosePortResult = { outcome: 'noRouter', control: null, detail: '' };

/** Asks every router that answers, until one had the port open. */
const closeAnywhere = async (input: ClosePortInput, limit: AbortSignal): Promise<ClosePortResult> => {
  const decided = new AbortController();
  const signal = AbortSignal.any([limit, decided.signal]);
  let result = NO_ROUTER;
  const follow = async (location: URL): Promise<void> => {
    try {
      const { status, text } = await askRouter({ url: location.href, method: 'GET', signal });
      for (const control of status === 200 ? portControlsOf(text, location) : []) {
        const answer = await closeAt(control, input, signal);
        if (decided.signal.aborted || answer.outcome === 'noRouter') continue;
        result = answer;
        if (answer.outcome !== 'absent') return decided.abort();
      }
    } catch (error) {
      if (result.outcome === 'noRouter') result = { ...NO_ROUTER, detail: errorMessage(error) };
    }
  };
  const following: Promise<void>[] = [];
  await findRouters((location) => void following.push(follow(location)), signal);
  await Promise.all(following);
  return result;
};

const closeAt = async (control: PortControl, input: ClosePortInput, signal: AbortSignal): Promise<ClosePortResult> => {
  const { externalPort, internalPort, localIps } = input;
  const port = { NewRemoteHost: '', NewExternalPort: String(externalPort), NewProtocol: 'UDP' };
  try {
    const entry = await ask(control, 'GetSpecificPortMappingEntry', port, signal);
    if (entry.status === 200) {
      const isOurs =
        textOf(entry.text, 'NewInternalPort') === String(internalPort) &&
        localIps.includes(textOf(entry.text, 'NewInternalClient') ?? '');
      if (!isOurs) return { outcome: 'absent', control, detail: '' };
    } else if (errorCodeOf(entry) === NO_SUCH_ENTRY || input.control != null) {
      return { outcome: 'absent', control, detail: '' };
    }
    const deletion = await ask(control, 'DeletePortMapping', port, signal);
    if (deletion.status === 200) return { outcome: 'closed', control, detail: '' };
    const code = errorCodeOf(deletion);
    if (code === NO_SUCH_ENTRY) return { outcome: 'absent', control, detail: '' };
    return { outcome: 'refused', control, detail: `status ${deletion.status}, error ${code}` };
  } catch (error) {
    return { ...NO_ROUTER, detail: errorMessage(error) };
  }
};

const errorCodeOf = ({ text }: RouterResponse): string => textOf(text, 'errorCode') ?? 'none';

const ask = (
  { url, serviceType }: PortControl,
  action: string,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<RouterResponse> => {
  const inner = Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
  const body =
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${serviceType}">${inner}</u:${action}></s:Body></s:Envelope>`;
  const headers = { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${serviceType}#${action}"` };
  return askRouter({ url, method: 'POST', headers, body, signal });
};
