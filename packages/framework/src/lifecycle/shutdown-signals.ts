/**
 * Calls `heard` at the first of the signals. From then on, and after `stop`, signals do again what they do by default: a second
 * one ends the process at once.
 */
export class ShutdownSignals {
  readonly #signals = new Set<NodeJS.Signals>();
  readonly #heard: (signal: NodeJS.Signals) => void;

  constructor(heard: (signal: NodeJS.Signals) => void) {
    this.#heard = (signal) => {
      this.stop();
      heard(signal);
    };
  }

  listen(signals: readonly NodeJS.Signals[]): void {
    for (const signal of signals) {
      if (!this.#signals.has(signal)) process.on(signal, this.#heard);
      this.#signals.add(signal);
    }
  }

  stop(): void {
    for (const signal of this.#signals) process.off(signal, this.#heard);
    this.#signals.clear();
  }
}
