import { byteCountIn } from '@bowline/diagnosis/phrases';
import { WrongUseError } from '../errors.ts';

export { byteCount } from '@bowline/diagnosis/phrases';

/** Reads `500MB`, `1G`, `5GiB`, `1000000`, or `none`; `null` for none, also when nothing was given. @throws WrongUseError */
export const byteCountOf = (option: string, text: string | undefined): number | null => {
  if (text === undefined || text.toLowerCase() === 'none') return null;
  const bytes = byteCountIn(text);
  if (bytes === undefined) {
    throw new WrongUseError(`${option} takes a size such as 500MB, 2G or 5GiB, or "none"; received "${text}".`);
  }
  return bytes;
};
