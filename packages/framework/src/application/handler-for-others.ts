import { type Handler, isThenable } from '@spoa/core';

/**
 * A handler for agents that others make: whatever they make of its promise, what the message's own handler said is what counts,
 * and it never rejects.
 */
export function handlerForOthers(handler: Handler): Handler {
  return (notify) => {
    const result = handler(notify);
    if (!isThenable(result)) return result;
    return result.then(
      (value) => void notify.finish(false, value),
      (error: unknown) => void notify.finish(true, error),
    );
  };
}
