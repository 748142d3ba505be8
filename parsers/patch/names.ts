/**
 * Names of files as diffs write them: quoted as C strings, with a time behind a tab, and behind prefixes that
 * say which side they are of.
 */

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
const BACKSLASH = 0x5c;

/** A name without quotes, or without the time that plain diff puts behind it; undefined for `/dev/null`. */
export function nameOf(written: string): string | undefined {
  const name = written.startsWith('"') ? unquoted(written) : written.replace(/\t.*$/, '').trimEnd();
  return name === '/dev/null' ? undefined : name;
}

/** `"a/\303\244.c"`: bytes of UTF-8 in octal, as git quotes them. */
function unquoted(written: string): string {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 1; i < written.length && written[i] !== '"'; i++) {
    if (written.charCodeAt(i) !== BACKSLASH) {
      const c = String.fromCodePoint(written.codePointAt(i)!);
      bytes.push(...encoder.encode(c));
      i += c.length - 1;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(written.slice(i + 1, i + 4))?.[0];
    if (octal !== undefined) {
      bytes.push(parseInt(octal, 8));
      i += octal.length;
    } else {
      i++;
      bytes.push(ESCAPES[written[i] ?? ''] ?? written.charCodeAt(i) & 0xff);
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** The two names behind `diff --git`; undefined where they cannot be told apart. */
export function gitNames(rest: string): readonly [string, string] | undefined {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(rest);
  if (quoted) return [nameOf(quoted[1]!) ?? '', nameOf(quoted[2]!) ?? ''];
  // Names with blanks: git writes them only where both sides are the same but for their prefix.
  const half = (rest.length - 1) / 2;
  if (!Number.isInteger(half) || rest[half] !== ' ') return undefined;
  const [from, to] = [rest.slice(0, half), rest.slice(half + 1)];
  return from.slice(from.indexOf('/')) === to.slice(to.indexOf('/')) ? [from, to] : undefined;
}

/** Prefixes of git: its own, and the mnemonic ones of index, work tree, commit and object. */
const PREFIX = /^[abciow12]\//;

/** The names of one file without their prefixes. */
export function pathsOf(
  oldName: string | undefined,
  newName: string | undefined,
): readonly [string | undefined, string | undefined] {
  if (oldName === undefined || newName === undefined) return [only(oldName), only(newName)];
  if (PREFIX.test(oldName) && PREFIX.test(newName) && oldName[0] !== newName[0])
    return [oldName.slice(2), newName.slice(2)];
  if (oldName === newName) return [oldName, newName];
  const [oldRest, newRest] = [behindFirst(oldName), behindFirst(newName)];
  if (oldRest !== undefined && oldRest === newRest) return [oldRest, newRest];
  // `mm/memory.c.orig`, as diff is often run by hand.
  const kept = newName.length > oldName.length ? oldName : newName;
  if (
    oldName.replace(/[.~](?:orig|old|new)?$/, '') === kept ||
    newName.replace(/[.~](?:orig|new)?$/, '') === kept
  )
    return [kept, kept];
  return [oldName, newName];
}

function only(name: string | undefined): string | undefined {
  return name !== undefined && PREFIX.test(name) ? name.slice(2) : name;
}

function behindFirst(name: string): string | undefined {
  const slash = name.indexOf('/');
  return slash < 0 ? undefined : name.slice(slash + 1);
}

/** The first character that is no control. */
const FIRST_PRINTABLE = 0x20;

/**
 * Whether a name may be opened below a tree: relative, never upwards, and nothing in it that a system reads
 * in its own way. A patch comes from anybody.
 */
export function isSafePath(path: string): boolean {
  if (path === '' || path.length > 4096 || /^[/\\]|^[A-Za-z]:|[\\\0]/.test(path)) return false;
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) < FIRST_PRINTABLE) return false;
  return path.split('/').every((part) => part !== '..' && part !== '.' && part !== '');
}
