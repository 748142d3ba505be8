/**
 * What `shimtrace fleet report` asks, in SQL that DuckDB, ClickHouse, Spark and Trino share: no quantile
 * function, no `filter`, no list, conditions as `case`. docs/FLEET.md shows the same texts over the same
 * names, so that whoever has another engine pastes them there.
 */

/** A table that is made of the files' tables before anything is asked. */
export interface FleetView {
  readonly name: 'runs' | 'outcomes' | 'standing';
  readonly title: string;
  readonly select: string;
}

export const FLEET_VIEWS: readonly FleetView[] = [
  {
    name: 'runs',
    title: 'Each run, with its kernel by the name that it was given, else by the trace',
    select: `select s.host as host, s.run as run, s.day as day,
  coalesce(s.named_kernel, t.kernel, 'unknown') kernel,
  s.outcome as outcome, s.message as message, t.time_unit as time_unit, t.headline as headline
from status s
left join trace t on t.host = s.host and t.run = s.run`,
  },
  {
    name: 'outcomes',
    title: 'What each rule came to in each run; only a run that says broken or held has judged the rule',
    select: `select n.host as host, n.run as run, n.day as day, n.kernel as kernel,
  r.rule as rule, r.name as name, r.severity as severity,
  case when v.violations > 0 then 'broken'
    when r.broken > 0 then 'suspicious'
    when r.status = 'undecidable' or d.doubts > 0 then 'undecided'
    when r.status = 'judged' then 'held'
    else 'not-applicable' end outcome
from rules r
join runs n on n.host = r.host and n.run = r.run
left join (
  select host, run, rule, count(*) violations from findings where verdict = 'violation' group by host, run, rule
) v on v.host = r.host and v.run = r.run and v.rule = r.rule
left join (
  select host, run, rule, count(*) doubts from doubts group by host, run, rule
) d on d.host = r.host and d.run = r.run and d.rule = r.rule`,
  },
  {
    name: 'standing',
    title: 'How a rule stands on a host with a kernel, and on which days it was first and last broken there',
    select: `select rule, name, severity, host, kernel,
  sum(case when outcome = 'broken' then 1 else 0 end) broken,
  sum(case when outcome = 'held' then 1 else 0 end) held,
  sum(case when outcome = 'suspicious' then 1 else 0 end) suspicious,
  sum(case when outcome = 'undecided' then 1 else 0 end) undecided,
  min(case when outcome = 'broken' then day end) since,
  max(case when outcome = 'broken' then day end) last_broken
from outcomes
where outcome <> 'not-applicable'
group by rule, name, severity, host, kernel`,
  },
];

export type SectionName =
  | 'broken'
  | 'gone'
  | 'blind'
  | 'absent'
  | 'conversions'
  | 'undecided'
  | 'probes'
  | 'unjudged'
  | 'failed';

export interface Section {
  readonly name: SectionName;
  readonly title: string;
  /** What its words mean, for a reader of the report. */
  readonly note: string;
  /** True: there is an answer only where there is a baseline. */
  readonly isOfBaseline?: boolean;
  readonly sql: string;
}

export const SECTIONS: readonly Section[] = [
  {
    name: 'broken',
    title: 'Which rules broke, where and since when?',
    note:
      'steady: since then in every run that could judge it; over: so, and in none of the days after last_broken; ' +
      'flaky: in some of them; once: in one run alone. Undecided runs count for neither. held_until is the last day ' +
      'before on which it held.',
    sql: `select s.rule as rule, s.name as name, s.host as host, s.kernel as kernel,
  case when b.here > 0 then 'known'
    when b.anywhere > 0 then 'known elsewhere'
    when b.judged > 0 then 'new'
    else 'not judged before' end news,
  case when h.held_within > 0 then 'flaky'
    when h.held_after > 0 then 'over'
    when s.broken > 1 then 'steady'
    else 'once' end pattern,
  s.broken as broken, s.broken + s.held as judged, s.suspicious as suspicious, s.undecided as undecided,
  s.since as since, s.last_broken as last_broken, h.held_until as held_until, x.run as run,
  x.message as message
from standing s
left join (
  select p.rule as rule, p.host as host, p.kernel as kernel,
    max(case when o.day < p.since then o.day end) held_until,
    sum(case when o.day < p.since or o.day > p.last_broken then 0 else 1 end) held_within,
    sum(case when o.day > p.last_broken then 1 else 0 end) held_after
  from standing p
  join outcomes o on o.rule = p.rule and o.host = p.host and o.kernel = p.kernel
  where o.outcome = 'held' and p.broken > 0
  group by p.rule, p.host, p.kernel
) h on h.rule = s.rule and h.host = s.host and h.kernel = s.kernel
left join (
  select a.rule as rule, e.host as host,
    sum(case when a.host = e.host then a.broken else 0 end) here,
    sum(a.broken) anywhere, sum(a.broken + a.held) judged
  from baseline a
  cross join (select distinct host from standing) e
  group by a.rule, e.host
) b on b.rule = s.rule and b.host = s.host
left join (
  select f.rule as rule, f.host as host, n.kernel as kernel, f.run as run, f.message as message,
    row_number() over (
      partition by f.rule, f.host, n.kernel order by coalesce(n.day, ''), f.run, f.line, f.message
    ) place
  from findings f
  join runs n on n.host = f.host and n.run = f.run
  where f.verdict = 'violation'
) x on x.rule = s.rule and x.host = s.host and x.kernel = s.kernel and x.place = 1
where s.broken > 0
order by s.severity, s.rule, s.host, s.kernel`,
  },
  {
    name: 'gone',
    title: 'What is broken in the baseline, and not here?',
    note: 'held: in every run that could judge it; not judged: no run could, so that nobody knows.',
    isOfBaseline: true,
    sql: `select b.rule as rule, b.host as host,
  case when s.held > 0 then 'held' else 'not judged' end outcome,
  b.broken as broken_before, coalesce(s.held, 0) held, coalesce(s.undecided, 0) undecided
from (select rule, host, sum(broken) broken from baseline group by rule, host) b
left join (
  select rule, host, sum(broken) broken, sum(held) held, sum(suspicious + undecided) undecided
  from standing
  group by rule, host
) s on s.rule = b.rule and s.host = b.host
where b.broken > 0 and coalesce(s.broken, 0) = 0
order by b.rule, b.host`,
  },
  {
    name: 'blind',
    title: 'What was judged in the baseline, and cannot be any more?',
    note: 'The rule is undecided on this host, and judged in no run; in the baseline some could judge it.',
    isOfBaseline: true,
    sql: `select b.rule as rule, b.host as host, b.judged as judged_before, s.undecided as undecided
from (select rule, host, sum(broken + held) judged from baseline group by rule, host) b
join (
  select rule, host, sum(broken + held) judged, sum(suspicious + undecided) undecided
  from standing
  group by rule, host
) s on s.rule = b.rule and s.host = b.host
where b.judged > 0 and s.judged = 0
order by b.rule, b.host`,
  },
  {
    name: 'absent',
    title: 'On which hosts of the baseline was nothing judged here?',
    note: 'They have no run, or none of which a rule could be judged: nothing is known of them.',
    isOfBaseline: true,
    sql: `select b.host as host, b.judged as judged_before,
  b.rules_broken as rules_broken_before, coalesce(r.runs, 0) runs
from (
  select host, sum(broken + held) judged, count(distinct case when broken > 0 then rule end) rules_broken
  from baseline
  group by host
) b
left join (select host, count(*) runs from runs group by host) r on r.host = b.host
left join (select host, sum(broken + held) judged from standing group by host) s on s.host = b.host
where b.judged > 0 and coalesce(s.judged, 0) = 0
order by b.host`,
  },
  {
    name: 'conversions',
    title: 'How long do conversions take, by kernel, in microseconds?',
    note: 'Of those that ended without an error, in traces with a clock; the value that 50 and 99 of 100 do not exceed.',
    sql: `select kernel, case when to_private then 'private' else 'shared' end becoming, max(ended) n,
  min(case when place * 100 >= ended * 50 then dur end) / 1e3 p50_us,
  min(case when place * 100 >= ended * 99 then dur end) / 1e3 p99_us,
  max(dur) / 1e3 longest_us
from (
  select n.kernel as kernel, c.to_private as to_private, c.dur as dur,
    row_number() over (partition by n.kernel, c.to_private order by c.dur) place,
    count(*) over (partition by n.kernel, c.to_private) ended
  from conversions c
  join runs n on n.host = c.host and n.run = c.run
  where n.time_unit = 'ns' and c.dur is not null and coalesce(c.result, 0) = 0
) x
group by kernel, to_private
order by kernel, becoming`,
  },
  {
    name: 'undecided',
    title: 'What could not be judged?',
    note: 'Runs in which a rule is undecided, and why; a run may have several reasons.',
    sql: `select o.rule as rule, o.name as name, count(*) undecided, j.judged as judged,
  sum(case when d.lost > 0 then 1 else 0 end) events_lost,
  sum(case when d.absent > 0 then 1 else 0 end) not_recorded,
  sum(case when d.other > 0 then 1 else 0 end) other
from outcomes o
join (
  select rule, sum(case when outcome in ('broken', 'held') then 1 else 0 end) judged from outcomes group by rule
) j on j.rule = o.rule
left join (
  select host, run, rule,
    sum(case when reason = 'lost' then 1 else 0 end) lost,
    sum(case when reason = 'not-recorded' then 1 else 0 end) absent,
    sum(case when reason not in ('lost', 'not-recorded') then 1 else 0 end) other
  from doubts
  group by host, run, rule
) d on d.host = o.host and d.run = o.run and d.rule = o.rule
where o.outcome = 'undecided'
group by o.rule, o.name, j.judged
order by undecided desc, o.rule`,
  },
  {
    name: 'probes',
    title: 'Which probe would help most?',
    note: 'decides: rules of a run that lack nothing else; helps: those that lack it among other things.',
    sql: `select a.missing as missing, sum(case when w.reasons = 1 then 1 else 0 end) decides, count(*) helps,
  count(distinct a.rule) rules, count(distinct concat(a.host, '/', a.run)) runs
from (select distinct host, run, rule, missing from doubts where missing <> '') a
join (
  select host, run, rule, count(*) reasons
  from (select distinct host, run, rule, reason, missing from doubts) x
  group by host, run, rule
) w on w.host = a.host and w.run = a.run and w.rule = a.rule
group by a.missing
order by decides desc, helps desc, a.missing`,
  },
  {
    name: 'unjudged',
    title: 'Of which traces is not all judged?',
    note: 'Traces that are damaged, cut off, or of which no rule could be judged.',
    sql: `select host, run, headline
from runs
where headline like '%nothing could be judged%' or headline like 'the file %' or headline like 'the recorder %'
order by host, run`,
  },
  {
    name: 'failed',
    title: 'Which traces failed?',
    note: 'They count as nothing: neither as broken nor as clean.',
    sql: `select host, run, outcome, message from runs where outcome <> 'judged' order by host, run`,
  },
];
