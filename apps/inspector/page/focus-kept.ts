import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * Keeps the keyboard in its place: where the button that was pressed gave way to something else, that has the focus, and not the
 * beginning of the page.
 *
 * @param stage what is shown; another one is shown in its place
 * @returns of the element around all of them, which has `tabIndex={-1}`
 */
export const useFocusKept = <T extends HTMLElement>(stage: unknown): RefObject<T | null> => {
  const place = useRef<T>(null);
  const before = useRef(stage);
  useEffect(() => {
    // What is shown for the first time took nobody's place.
    if (before.current === stage) return;
    before.current = stage;
    if (document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  }, [stage]);
  return place;
};
