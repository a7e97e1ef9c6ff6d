import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Whether an element is in sight, or nearly: what is not need not be drawn. */
export const useInSight = <E extends Element>(): {
  readonly ref: RefObject<E | null>;
  readonly isInSight: Signal<boolean>;
} => {
  const ref = useRef<E>(null);
  const isInSight = useSignal(false);
  useEffect(() => {
    const { current } = ref;
    if (current === null) return;
    // A browser that is busy tells several changes at once, the last one last.
    const note: IntersectionObserverCallback = (changes) => {
      isInSight.value = changes.at(-1)?.isIntersecting ?? false;
    };
    const observer = new IntersectionObserver(note, { rootMargin: '64px' });
    observer.observe(current);
    return () => observer.disconnect();
  }, [isInSight]);
  return { ref, isInSight };
};

/** A value that follows what it is made from while it is in sight, and is as it was last while it is not. */
export const useWhileInSight = <T>(
  isInSight: ReadonlySignal<boolean>,
  make: () => T,
  atFirst: T,
): ReadonlySignal<T> => {
  const last = useRef(atFirst);
  return useComputed(() => {
    if (isInSight.value) last.current = make();
    return last.current;
  });
};
