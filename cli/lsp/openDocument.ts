/** What the server asks of a document that is open in the client. */
import type { Diagnostic } from './shapes.js';

export interface OpenDocument {
  readonly uri: string;
  /** It was edited since it was judged: nothing is told of it until it is saved. */
  isDirty: boolean;
  /**
   * Judges what is saved now; undefined for what there is nothing to say of. Rejects with an RpcError.
   */
  judge(text?: string): Promise<readonly Diagnostic[] | undefined>;
  /** The reply to a request about the document, null where there is none. */
  answer(method: string, params: never): Promise<unknown>;
  end(): void;
}
