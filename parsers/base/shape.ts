/**
 * What data that was written down must look like to be taken for what it was: built from small tests, each
 * of which also tells the type. Nothing that does not pass is used.
 */
export type Shape<T> = (value: unknown) => value is T;
export type Shaped<S> = S extends Shape<infer T> ? T : never;

export const text: Shape<string> = (value): value is string => typeof value === 'string';
export const truth: Shape<boolean> = (value): value is boolean => typeof value === 'boolean';
export const finite: Shape<number> = (value): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Whole numbers from `least` to `most`. */
export const whole =
  (least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Shape<number> =>
  (value): value is number =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** A whole number of any size, in decimal. */
export const big: Shape<string> = (value): value is string => text(value) && /^-?\d{1,40}$/.test(value);

export const oneOf =
  <T>(words: readonly T[]): Shape<T> =>
  (value): value is T =>
    words.includes(value as T);

export const listOf =
  <T>(each: Shape<T>): Shape<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.every((item) => each(item));

/** May be left out. */
export const maybe =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || shape(value);

type Fields<T> = { readonly [K in keyof T]: Shape<T[K]> };

/** An object that has these fields; others are let be. */
export const fields =
  <T extends object>(shapes: Fields<T>): Shape<T> =>
  (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(shapes).every((name) =>
      shapes[name as keyof T]((value as Readonly<Record<string, unknown>>)[name]),
    );

export const pairOf =
  <A, B>(first: Shape<A>, second: Shape<B>): Shape<readonly [A, B]> =>
  (value): value is readonly [A, B] =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);

/** What a text says in JSON, if it is of a shape. */
export function parsed<T>(shape: Shape<T>, json: string): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return shape(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
