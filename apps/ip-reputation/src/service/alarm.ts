/** Wakes one sleeper. Ringing while nobody sleeps keeps the next one awake. */
export class Alarm {
  #ringing = false;
  #wake: (() => void) | undefined;

  /** Whether it has rung since {@link stop}. */
  get ringing(): boolean {
    return this.#ringing;
  }

  ring(): void {
    this.#ringing = true;
    this.#wake?.();
  }

  /** Whoever looks after it now stops it first: what happens meanwhile rings again. */
  stop(): void {
    this.#ringing = false;
  }

  /** Resolves when it rings, or after `ms` milliseconds. */
  async wait(ms: number): Promise<void> {
    if (this.#ringing) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
