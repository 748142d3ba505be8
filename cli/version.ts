/** The version that is printed and written into SARIF; a tidy test holds it to package.json. */
export const VERSION = '0.1.0';
/** How a recording names who made it. */
export const PRODUCER = `shimtrace ${VERSION}`;
