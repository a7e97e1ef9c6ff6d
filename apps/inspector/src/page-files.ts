import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InspectorPageMissingError } from './errors.ts';

/** One file of the page as it is sent. */
export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** Everything the page consists of; nothing is read by a name from outside. */
const FILES: Readonly<Record<string, readonly [file: string, contentType: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
};

const INSTALLED_PAGE = '@bowline/inspector/page/index.html';

/** Where the page lies among the installed packages, from wherever this file is run. */
const installedFolder = (): URL => {
  try {
    return new URL('.', import.meta.resolve(INSTALLED_PAGE));
  } catch (error) {
    // A bundle that was moved away from the packages it was made from, or that cannot ask.
    throw new InspectorPageMissingError(INSTALLED_PAGE, error);
  }
};

/** Reads the whole page once. @param given `null`: from the installed package. @throws {@link InspectorPageMissingError} */
export const readPageFiles = (given: URL | null): ReadonlyMap<string, PageFile> => {
  const folder = given ?? installedFolder();
  return new Map(
    Object.entries(FILES).map(([path, [file, contentType]]) => {
      const body = readBundled(new URL(file, folder));
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      return [path, { contentType, body, etag }];
    }),
  );
};

const readBundled = (file: URL): Buffer => {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InspectorPageMissingError(file.pathname, error);
  }
};

/**
 * Sent with everything. The page runs its own script and style alone, speaks with its own server alone, and stands in no
 * frame; uPlot sets sizes as inline styles, which scripts may do whatever the policy says.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
