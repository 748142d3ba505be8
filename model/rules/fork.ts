/**
 * What a rule says for either answer to a question of the whole trace: whether it shows certain kinds of
 * events. Of a trace that grows the answer may still change; nothing has to be judged anew then.
 */
import type { Survey } from '../world/survey.js';

export class Fork<Said> {
  private readonly ifShown: Said;
  private readonly ifNot: Said;
  private isSure: boolean | undefined;
  /** Counts of the survey that was looked at last. */
  private asOf: Survey['counts'] | undefined;

  constructor(
    private readonly survey: Survey,
    /** Numbers of kinds: of every group the trace shows one. */
    private readonly groups: readonly (readonly number[])[],
    make: () => Said,
    /** True of more than is kept in case that it is the right one: then the question is asked. */
    private readonly isTooMuch: (said: Said) => boolean = () => false,
  ) {
    this.ifShown = make();
    this.ifNot = make();
    if (!survey.isGrowing) this.isSure = this.isShown();
  }

  /** Where to say what holds if these kinds are shown; undefined where it is certain that they are not. */
  get shown(): Said | undefined {
    // What the end of a trace asks, nobody judges anew for.
    if (this.isSure === undefined && this.isTooMuch(this.ifShown) && !this.survey.isAside)
      this.isSure = this.all((kind) => this.survey.recorded(kind));
    return this.isSure === false ? undefined : this.ifShown;
  }

  /** Where to say what holds if they are not; undefined where it is certain that they are. */
  get hidden(): Said | undefined {
    // It is asked for each event, and answered otherwise only when more of the trace was looked at.
    if (this.isSure === undefined && this.asOf !== this.survey.counts) {
      this.asOf = this.survey.counts;
      // What was seen once stays seen.
      if (this.all((kind) => this.survey.sees(kind))) this.isSure = true;
    }
    return this.isSure === true ? undefined : this.ifNot;
  }

  /** True where the answer may still be either. */
  get isOpen(): boolean {
    return this.isSure === undefined;
  }

  /** Both, while rows are judged. */
  get both(): readonly Said[] {
    return [this.ifShown, this.ifNot];
  }

  /** What was said for the answer that is right for the trace as it is: it may be another one later. */
  get said(): Said {
    return this.isShown() ? this.ifShown : this.ifNot;
  }

  private isShown(): boolean {
    return this.all((kind) => this.survey.isRecorded(kind));
  }

  /** True where a kind of every group is so. */
  private all(is: (kind: number) => boolean): boolean {
    return this.groups.every((kinds) => kinds.some(is));
  }
}
