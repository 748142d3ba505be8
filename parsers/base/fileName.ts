/** The name of a file without where it lies. */

/** Of an address or a path of a tree: only `/` divides it, since a name may have a backslash in it. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Of a path of any system: on Windows backslashes divide it too. */
export function fileNameOnDisk(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
