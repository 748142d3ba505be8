/** What is worked out once of an object, at the first question, and kept as long as the object. */
export function onceOf<Of extends object, T>(make: (of: Of) => T): (of: Of) => T {
  const known = new WeakMap<Of, { readonly made: T }>();
  return (of) => {
    let kept = known.get(of);
    if (!kept) {
      kept = { made: make(of) };
      known.set(of, kept);
    }
    return kept.made;
  };
}
