/**
 * Debug sessions inside the analysis worker:
 * they replay the trace that it holds, so that nothing is read twice.
 */
import type { DebugHost } from '../debugger/host.js';
import { DebugSession } from '../debugger/session.js';
import type { DebugMessage } from '../protocol/requests.js';

export class DebugServer {
  private readonly sessions = new Map<number, DebugSession>();

  constructor(
    private readonly host: DebugHost,
    private readonly post: (message: DebugMessage) => void,
  ) {}

  /** Takes a message for a session, which is made when it is new. Its answers are posted. */
  take({ session, message }: DebugMessage): void {
    let known = this.sessions.get(session);
    if (!known) {
      known = new DebugSession(this.host, (answer) => this.post({ session, message: answer }));
      this.sessions.set(session, known);
    }
    void known.receive(message);
  }

  end(session: number): void {
    this.sessions.get(session)?.dispose();
    this.sessions.delete(session);
  }
}
