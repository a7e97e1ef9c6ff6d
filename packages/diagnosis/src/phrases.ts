/**
 * What a diagnosis is made of in words, for whoever shows it: the command line, the page, an app. Alone, so that a page takes
 * nothing else along.
 *
 * @packageDocumentation
 */
export { byteCount } from './phrases/byte-count.ts';
export { byteCountIn } from './phrases/byte-count-in.ts';
export { besidePhrase, causePhrase } from './phrases/cause-phrases.ts';
export { escapeUnseen } from './phrases/escape-unseen.ts';
export { evidencePhrase, PHRASED_FACTS } from './phrases/evidence-phrase.ts';
export { isolated, namePhrase } from './phrases/name-phrase.ts';
export { keptLinkDownPhrase, linkDownPhrase, relayDownPhrase, tcpAbsencePhrase } from './phrases/reason-phrases.ts';
export { servicePhrase, shownServices } from './phrases/service-phrases.ts';
export { relativeTime, spanPhrase } from './phrases/time-phrases.ts';
