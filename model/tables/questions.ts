/**
 * Questions to start from. They are in docs/SQL.md, in the notebook that the editor begins with, and in the
 * tests, where every engine must answer them alike: so they keep to what SQLite, DuckDB and ClickHouse share,
 * and to the columns that every trace has.
 */
export interface Question {
  readonly title: string;
  readonly sql: string;
}

export const QUESTIONS: readonly Question[] = [
  {
    title: 'Which events are there?',
    sql: 'select event, count(*) n from events group by event order by n desc, event',
  },
  {
    title: 'What was found?',
    sql: `select rule, verdict, line, message
from findings
where verdict <> 'undecidable'
order by severity, row, rule`,
  },
  {
    title: 'What could not be judged, and which probe would help most?',
    sql: `select missing, count(distinct rule) rules, sum(count) checks
from doubts
where missing <> ''
group by missing
order by rules desc, checks desc, missing`,
  },
  {
    title: 'How long do conversions take, in microseconds?',
    sql: `select to_private, count(*) n, round(avg(dur) / 1e3, 3) mean, round(max(dur) / 1e3, 3) longest
from conversions
where dur is not null
group by to_private
order by to_private`,
  },
  {
    title: 'Which conversions failed or were slow?',
    sql: `select conversion, first, count, result, dur / 1e3 us, tid
from conversions
where result is null or result <> 0 or dur > 1e6
order by coalesce(dur, 0) desc, conversion`,
  },
  {
    title: 'Where does the time of a conversion go, in microseconds?',
    sql: `select conversion, (unmapped_ts - ts) / 1e3 until_unmapped, (refs_ok_ts - ts) / 1e3 until_refs_ok,
  (zapped_ts - ts) / 1e3 until_zapped, (stored_ts - ts) / 1e3 until_stored, dur / 1e3 whole
from conversions
order by coalesce(dur, 0) desc, conversion
limit 20`,
  },
  {
    title: 'How long is guest memory in each state, in milliseconds times pages?',
    sql: `select i.state, round(sum((coalesce(i.until_ts, t.last_ts) - coalesce(i.ts, t.first_ts)) / 1e6 * i.count), 3) page_ms
from intervals i cross join trace t
where i.unit = 'gfn'
group by i.state
order by page_ms desc, i.state`,
  },
  {
    title: 'In which state do pages end?',
    sql: `select unit, state, sum(count) pages
from intervals
where until_ts is null
group by unit, state
order by unit, pages desc, state`,
  },
  {
    title: 'What happens to pages while they are converted?',
    sql: `select e.event, i.state, count(*) n
from events e
join event_pages p on p.row = e.row
join intervals i on i.page_id = p.page_id and e.row >= i.from_row and e.row < i.until_row
where i.state like 'converting%'
group by e.event, i.state
order by n desc, e.event, i.state`,
  },
  {
    title: 'Which pages flip most between shared and private?',
    sql: `select p.unit, p.vm, p.ino, p.first, p.count, count(*) flips
from (
  select page_id, attribute, lag(attribute) over (partition by page_id order by from_row) earlier
  from intervals
) x
join pages p on p.page_id = x.page_id
where x.earlier <> x.attribute and x.earlier in ('shared', 'private') and x.attribute in ('shared', 'private')
group by p.page_id, p.unit, p.vm, p.ino, p.first, p.count
order by flips desc, p.page_id
limit 20`,
  },
  {
    title: 'Which pages are held while they are not shared?',
    sql: `select p.unit, p.first, i.state, max(i.refs) refs, count(*) intervals
from intervals i
join pages p on p.page_id = i.page_id
where i.refs > 0 and i.state <> 'shared'
group by p.page_id, p.unit, p.first, i.state
order by refs desc, p.page_id, i.state`,
  },
  {
    title: 'Who takes references, and are they all put?',
    sql: `select tid, kind, sum(case when op = 'get' then 1 else 0 end) taken, sum(case when op = 'put' then 1 else 0 end) put
from refs
group by tid, kind
order by taken desc, coalesce(tid, -1), kind`,
  },
  {
    title: 'How much goes on inside a conversion?',
    sql: `select c.conversion, c.dur / 1e3 us, count(*) events
from conversions c
join events e on e.tid = c.tid and e.row >= c.from_row and e.row <= c.until_row
group by c.conversion, c.dur
order by events desc, c.conversion
limit 20`,
  },
  {
    title: 'Which conversions overlapped on the same pages?',
    sql: `select a.conversion one, b.conversion other, a.first, a.count, b.first other_first, b.count other_count
from conversions a
join conversions b on b.scope = a.scope and coalesce(b.vm, '') = coalesce(a.vm, '')
  and coalesce(b.ino, -1) = coalesce(a.ino, -1)
where b.from_row > a.from_row and b.from_row < coalesce(a.until_row, 2147483647)
  and a.first < b.first + b.count and b.first < a.first + a.count
order by a.conversion, b.conversion`,
  },
  {
    title: 'Where are events missing?',
    sql: `select l.row, e.line, l.cpu, l.count, l.from_start
from loss l
left join events e on e.row = l.row
order by l.row, coalesce(l.cpu, -1), coalesce(l.count, 0)`,
  },
  {
    title: 'Which events show each violation?',
    sql: `select f.finding, e.line, e.event, v.role, v.note
from findings f
join evidence v on v.finding = f.finding
join events e on e.row = v.row
where f.verdict = 'violation'
order by f.row, f.finding, v.row, v.role, v.note`,
  },
  {
    title: 'The life of the page that changes most',
    sql: `select from_row, state, mappings, sptes, refs, changed
from intervals
where page_id = (select page_id from intervals group by page_id order by count(*) desc, page_id limit 1)
order by from_row`,
  },
  {
    title: 'Which pages are events about most?',
    sql: `select p.unit, p.vm, p.ino, p.first, p.count, count(*) events
from event_pages x
join pages p on p.page_id = x.page_id
group by p.page_id, p.unit, p.vm, p.ino, p.first, p.count
order by events desc, p.page_id
limit 20`,
  },
  {
    title: 'Where did a thread pause between two exits of its guest, in microseconds?',
    sql: `select tid, round(max(gap) / 1e3, 3) longest, count(*) exits
from (
  select tid,
    case when row_number() over (partition by tid order by row) > 1
      then ts - lag(ts) over (partition by tid order by row) end gap
  from events
  where event like '%kvm_exit'
) x
group by tid
order by longest desc, coalesce(tid, -1)`,
  },
  {
    title: 'Which threads do most, and when?',
    sql: `select e.tid, e.comm, count(*) n, round((min(e.ts) - min(t.first_ts)) / 1e6, 3) from_ms,
  round((max(e.ts) - min(t.first_ts)) / 1e6, 3) until_ms
from events e cross join trace t
group by e.tid, e.comm
order by n desc, coalesce(e.tid, -1), e.comm
limit 20`,
  },
];
