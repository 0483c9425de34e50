/** A class that can be made, whatever its constructor takes. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a constructor are contravariant, unknown[] would fit none
export type Class<T = object> = new (...args: any[]) => T;

/** Any class, also one that only others extend: enough to name something by. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AbstractClass<T = object> = abstract new (...args: any[]) => T;
