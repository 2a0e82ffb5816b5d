"""The ten questions of a district, each as it is typed: `invoke sql "..." --from URL`."""

from __future__ import annotations

COUNTED = "s.verdict <> 'invalid' and s.governor = 'performance'"

QUESTIONS: dict[str, str] = {
    "How much is there, from how many rooms?": (
        "select count(distinct room) as rooms, count(distinct (room, board)) as boards, "
        "count(distinct (room, run)) as runs, count(*) as timings from samples"
    ),
    "Which models and systems are in use?": (
        "select model, release, count(distinct (room, board)) as boards from boards group by all order by boards desc"
    ),
    "Which rooms have not measured for a month?": (
        "select room, max(started_utc) as last from runs group by room "
        "having last < (select max(started_utc) from runs) - interval 30 day order by last"
    ),
    "How long does one busy core take on each model?": (
        "select model, quantile_cont(work_ns / size, [0.25, 0.5, 0.75]) as ns_each, count(*) as timings "  # noqa: S608
        f"from samples s join boards b using (room, run, board) where program = 'busy' and {COUNTED} group by model"
    ),
    "Which boards are a tenth slower than others of their model?": (
        "with each as (select room, board, model, median(work_ns / size) as ns from samples s "  # noqa: S608
        f"join boards b using (room, run, board) where program = 'busy' and {COUNTED} group by all) "
        "select room, board, model, ns / median(ns) over (partition by model) as times from each "
        "qualify times > 1.1 order by times desc"
    ),
    "What do four threads gain over one, on each model?": (
        "with each as (select model, room, board, run, workers, median(work_ns / size) as ns from samples s "  # noqa: S608
        f"join boards b using (room, run, board) where program = 'c-threads' and {COUNTED} group by all) "
        "select one.model, median(one.ns / four.ns) as gain from each one join each four using (room, board, run) "
        "where one.workers = 1 and four.workers = 4 group by one.model"
    ),
    "Whose supplies are too weak?": (
        "select room, board, count(*) as timings from samples where reasons like '%voltage%' group by all "
        "order by timings desc limit 50"
    ),
    "Which boards are often off or fail?": (
        "select room, board, count(*) filter (state <> 'ok') as bad, count(*) as runs from outcomes group by all "
        "having bad > 0.05 * runs order by bad desc"
    ),
    "Did a new kernel change anything?": (
        "select model, kernel, program, median(work_ns / size) as ns from samples s "  # noqa: S608
        f"join boards b using (room, run, board) where {COUNTED} group by all order by model, program, kernel"
    ),
    "Where does it get hot?": (
        "select room, quantile_cont(temperature_after_mc, 0.95) / 1000 as degrees, "
        "max(temperature_after_mc) / 1000 as most from samples group by room order by degrees desc"
    ),
}
